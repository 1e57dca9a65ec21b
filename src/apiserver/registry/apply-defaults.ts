import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import { modelOf } from './model-of.ts'

/** Fills in what upstream's defaulting does for an object of a served version: the schema's defaults, then the kind's. */
export function applyDefaults(definition: ResourceDefinition, object: ApiObject): void {
  modelOf(definition).applyDefaults(object)
  definition.rules.default?.(object)
}
