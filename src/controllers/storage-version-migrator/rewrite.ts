import type { ApiObject } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ResourceClient } from '../../client/client.ts'
import { apply } from '../apply.ts'

const PAGE = 500
const PARALLEL = 8

/**
 * Writes every object of a resource as it is, guarded by uid and revision: the API server stores it anew where it is stored in
 * another version or form. Objects that changed or went meanwhile are passed over. Throws the first other failure.
 */
export async function rewriteAll(api: ResourceClient<ApiObject>, signal: AbortSignal): Promise<void> {
  let token: string | undefined
  do {
    const page = await api.list({ limit: PAGE, signal, ...(token && { continue: token }) })
    await apply(page.items, (object) => rewrite(object, api, signal), { parallel: PARALLEL, signal })
    token = page.metadata.continue
  } while (token)
}

async function rewrite(
  { metadata }: DeepReadonly<ApiObject>,
  api: ResourceClient<ApiObject>,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace, uid, resourceVersion } = metadata
  const body = { metadata: { uid, resourceVersion } }
  try {
    await api.patch({ name, namespace }, { type: 'merge', body }, { signal })
  } catch (error) {
    if (!hasReason(error, Reason.Conflict) && !hasReason(error, Reason.NotFound)) throw error
  }
}
