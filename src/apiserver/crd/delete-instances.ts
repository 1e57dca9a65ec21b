import type { ApiCall } from '../handler/call.ts'
import type { Handler } from '../handler/handler.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { UserInfo } from '../request.ts'
import type { CacheWatcher, WatchCache } from '../watch-cache/watch-cache.ts'
import type { Condition } from './conditions.ts'

/** How long objects with finalizers are waited for before it is tried again. */
const WAIT_MS = 60_000

/**
 * Deletes every object of a custom resource and waits until all are gone. Gives the condition that says why not, when
 * something fails or finalizers hold an object for longer than a minute. Upstream: CRDFinalizer.deleteInstances.
 */
export async function deleteInstances(
  resource: ServedResource,
  { handler, user }: { handler: Handler; user: UserInfo },
  signal: AbortSignal,
): Promise<Condition | undefined> {
  const { storage } = resource
  if (!storage) return undefined
  try {
    await storage.freshen(signal)
    const namespaces = new Set(Array.from(storage.cache.snapshot({}), ({ namespace }) => namespace))
    for (const namespace of namespaces) await handler(deleteCollectionCall(resource, namespace, user, signal))
    await storage.freshen(signal)
  } catch (error) {
    return failed('InstanceDeletionFailed', `could not issue all deletes: ${(error as Error).message}`)
  }
  if (await isEmptied(storage.cache, AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]))) return undefined
  return failed(
    'InstanceDeletionCheck',
    'could not confirm zero CustomResources remaining: timed out waiting for the condition',
  )
}

function deleteCollectionCall(
  resource: ServedResource,
  namespace: string,
  user: UserInfo,
  signal: AbortSignal,
): ApiCall {
  return {
    verb: 'deletecollection',
    resource,
    namespace,
    name: '',
    subresource: '',
    query: { get: () => undefined, all: () => [] },
    body: { kind: 'none' },
    user,
    signal,
    warn: () => {},
  }
}

/** Waits for the last object to go; false when the signal aborts first. */
async function isEmptied(cache: WatchCache, signal: AbortSignal): Promise<boolean> {
  const isEmpty = () => cache.snapshot({}).size === 0
  if (isEmpty()) return true
  const changed = Promise.withResolvers<void>()
  const look = () => {
    if (signal.aborted || isEmpty()) changed.resolve()
  }
  signal.addEventListener('abort', look, { once: true })
  const watcher: CacheWatcher = { events: look, end: () => changed.resolve() }
  cache.subscribe(cache.revision(), watcher)
  await changed.promise
  cache.unsubscribe(watcher)
  signal.removeEventListener('abort', look)
  return isEmpty()
}

const failed = (reason: string, message: string): Condition => ({
  type: 'Terminating',
  status: 'True',
  reason,
  message,
})
