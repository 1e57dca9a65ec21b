import type { Clock } from '../../base/clock.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { listOptions } from './list-options.ts'
import { ObjectFilter } from './object-filter.ts'
import { parseResourceVersion } from './resource-version.ts'
import { storageOf } from './storage-of.ts'
import { WatchSession } from './watch-session.ts'

/** Upstream's --min-request-timeout: watches without a timeout of their own last this long and up to twice as long. */
const MIN_TIMEOUT_SECONDS = 1_800

/** WATCH: checks the request; the session begins when its receiver is there. */
export function watch(call: ApiCall, clock: Clock): ApiResult {
  const options = listOptions(call.query, true)
  const filter = ObjectFilter.of(call.resource, call.query, call.name)
  parseResourceVersion(options.resourceVersion) // refused at once; what fails later is an event
  // Whole seconds: Node.js keeps a list of timers for each duration.
  const seconds = options.timeoutSeconds || Math.round(MIN_TIMEOUT_SECONDS * (1 + Math.random()))
  const { resource, namespace } = call
  const session = new WatchSession({
    resource,
    storage: storageOf(call),
    namespace,
    filter,
    options,
    timeoutMs: seconds * 1_000,
    clock,
  })
  return { kind: 'watch', session }
}
