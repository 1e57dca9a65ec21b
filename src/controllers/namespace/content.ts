import type { ApiObject } from '../../api/resource.ts'
import { qualified, StatusError } from '../../api/status-error.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Client } from '../../client/clientset.ts'
import type { DiscoveredResource } from '../../client/discovery.ts'
import { apply } from '../apply.ts'

/** What is left of a namespace after an attempt to empty it. */
export interface RemainingContent {
  /** Objects left by resource, as `pods.` with the group after the dot. */
  readonly counts: ReadonlyMap<string, number>
  /** Objects left by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>
  readonly failures: readonly string[]
  /** How long the slowest of what is left may take, as far as is known. */
  readonly estimateSeconds: number
}

/** client-go: how long an object with a finalizer is given before looking again. */
const FINALIZER_SECONDS = 15

interface Found {
  counts: Map<string, number>
  finalizers: Map<string, number>
  failures: string[]
  estimateSeconds: number
}

/**
 * Deletes everything in a namespace, pods before anything that may protect them (KEP-5080), and tells what is left. Objects
 * with finalizers and pods that end gracefully are left until a later attempt.
 */
export async function deleteContent(
  namespace: string,
  resources: readonly DiscoveredResource[],
  client: Client,
  signal: AbortSignal,
): Promise<RemainingContent> {
  const found: Found = { counts: new Map(), finalizers: new Map(), failures: [], estimateSeconds: 0 }
  const content = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'),
  )
  const isPods = ({ group, plural }: DiscoveredResource) => group === '' && plural === 'pods'
  await deleteAll(content.filter(isPods), namespace, found, client, signal)
  if (found.counts.size > 0) return found
  await deleteAll(
    content.filter((resource) => !isPods(resource)),
    namespace,
    found,
    client,
    signal,
  )
  return found
}

async function deleteAll(
  resources: readonly DiscoveredResource[],
  namespace: string,
  found: Found,
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  const visit = async (resource: DiscoveredResource) => {
    try {
      count(resource, await emptyResource(resource, namespace, client, signal), found)
    } catch (error) {
      signal.throwIfAborted()
      found.failures.push(`${qualified(resource)}: ${(error as Error).message}`)
    }
  }
  await apply(resources, visit, { signal })
}

type Objects = readonly DeepReadonly<ApiObject>[]

async function emptyResource(
  resource: DiscoveredResource,
  namespace: string,
  client: Client,
  signal: AbortSignal,
): Promise<Objects> {
  const api = client.resource<ApiObject>(resource)
  const before = await listOrNone(() => api.list({ namespace, signal }))
  if (before.length === 0) return before
  if (resource.verbs.includes('deletecollection')) {
    await api.deleteCollection({ namespace }, { propagationPolicy: 'Background', signal })
  } else {
    const remove = ({ metadata: { name = '' } }: DeepReadonly<ApiObject>) =>
      api.delete({ name, namespace }, { propagationPolicy: 'Background', signal })
    await apply(before, remove, { signal })
  }
  return listOrNone(() => api.list({ namespace, signal }))
}

/** A resource that is no longer served, or that cannot be listed, holds nothing that we could delete. */
async function listOrNone(list: () => Promise<{ items: Objects }>): Promise<Objects> {
  try {
    return (await list()).items
  } catch (error) {
    if (error instanceof StatusError && (error.code === 404 || error.code === 405)) return []
    throw error
  }
}

function count(resource: DiscoveredResource, left: Objects, found: Found): void {
  if (left.length === 0) return
  found.counts.set(`${resource.plural}.${resource.group}`, left.length)
  for (const { metadata } of left) {
    for (const finalizer of metadata.finalizers ?? []) {
      found.finalizers.set(finalizer, (found.finalizers.get(finalizer) ?? 0) + 1)
      found.estimateSeconds = Math.max(found.estimateSeconds, FINALIZER_SECONDS)
    }
  }
  if (resource.plural === 'pods') found.estimateSeconds = Math.max(found.estimateSeconds, podSeconds(left))
}

/** The longest grace period among pods that may still be running. */
function podSeconds(pods: Objects): number {
  const seconds = (pods as readonly DeepReadonly<Pod>[]).map(({ metadata, spec, status }) =>
    status?.phase === 'Succeeded' || status?.phase === 'Failed'
      ? 0
      : (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0),
  )
  return Math.max(0, ...seconds)
}
