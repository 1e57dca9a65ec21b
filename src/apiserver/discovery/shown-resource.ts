import type { ResourceDefinition } from '../../api/resource.ts'
import type { ResourceSchema } from '../../api/schema/schema.ts'

/** A served resource, as far as discovery tells of it. */
export type ShownResource = ResourceSchema & Pick<ResourceDefinition, 'isTerminating' | 'storageVersion'>
