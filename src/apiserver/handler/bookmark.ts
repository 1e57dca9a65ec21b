import { normalise } from '../../api/codec/json.ts'
import type { ResourceDefinition } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** The object of a BOOKMARK event: an otherwise empty object of the kind (KEP-956, KEP-3157). */
export function bookmarkObject(definition: ResourceDefinition, revision: number, endsInitialEvents: boolean): object {
  const { kind, type } = definition
  const metadata = {
    resourceVersion: String(revision),
    ...(endsInitialEvents && { annotations: { [INITIAL_EVENTS_END]: 'true' } }),
  }
  const bare = { kind, apiVersion: groupVersion(definition), metadata }
  return normalise<object>(type, bare, { strict: 'Ignore' }).object
}
