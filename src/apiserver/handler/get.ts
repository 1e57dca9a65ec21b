import { notFound } from '../../api/status-error.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { parseResourceVersion } from './resource-version.ts'
import { storageOf } from './storage-of.ts'
import { waitForRevision } from './wait-for-revision.ts'

/** GET: the newest state, or with `resourceVersion` one that is not older. 404 when there is none. */
export function get(call: ApiCall): ApiResult | Promise<ApiResult> {
  const storage = storageOf(call)
  const revision = parseResourceVersion(call.query.get('resourceVersion') ?? '')
  const key = storage.key(call.namespace, call.name)
  if (storage.isFresh()) {
    if (revision === undefined || revision <= storage.cache.revision()) return shown(call, storage.cache.get(key))
  }
  return waited(call, revision).then(() => shown(call, storage.cache.get(key)))
}

async function waited(call: ApiCall, revision: number | undefined): Promise<void> {
  const storage = storageOf(call)
  await storage.cache.ready(call.signal)
  if (revision === undefined) await storage.freshen(call.signal)
  else await waitForRevision(storage, revision, call.signal, call.query.get('resourceVersion'))
}

function shown(call: ApiCall, object: CachedObject | undefined): ApiResult | Promise<ApiResult> {
  const prepared = object && call.resource.prepare([object])
  return prepared ? prepared.then(() => found(call, object)) : found(call, object)
}

function found(call: ApiCall, object: CachedObject | undefined): ApiResult {
  if (!object) throw notFound(call.resource.definition, call.name)
  return { kind: 'object', code: 200, object: call.resource.view(object) }
}
