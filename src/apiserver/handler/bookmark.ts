import type { ResourceDefinition } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'
import { modelOf } from '../registry/model-of.ts'

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** The object of a BOOKMARK event: an otherwise empty object of the kind (KEP-956, KEP-3157). */
export function bookmarkObject(definition: ResourceDefinition, revision: number, endsInitialEvents: boolean): object {
  const { kind } = definition
  const metadata = {
    resourceVersion: String(revision),
    ...(endsInitialEvents && { annotations: { [INITIAL_EVENTS_END]: 'true' } }),
  }
  const bare = { kind, apiVersion: groupVersion(definition), metadata }
  return modelOf(definition).normalise<object>(bare, { strict: 'Ignore' }).object
}
