import type { ApiObject } from '../api/resource.ts'
import { StatusError } from '../api/status-error.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Informer } from '../client/informer.ts'
import type { InformerSet } from '../client/informers.ts'
import type { ApiRequest, Transport } from '../client/transport.ts'

const WRITES = new Set(['create', 'update', 'patch', 'delete'])

/** What is known of one write: the revision it made, an object it removed, or that its outcome is unknown. */
type Write =
  | { readonly request: ApiRequest; readonly revision: number }
  | { readonly request: ApiRequest; readonly removed: string | undefined }
  | { readonly request: ApiRequest; readonly unknown: true }

/**
 * The writes of one reconcile. A stale cache acts twice: before the same key is planned for again, its caches have to show
 * what the last plan did. This replaces upstream's expectations.
 */
export class OwnWrites {
  readonly #writes: Write[] = []

  get empty(): boolean {
    return this.#writes.length === 0
  }

  /** The transport, with the outcome of each write recorded here. */
  recording(transport: Transport): Transport {
    return {
      watch: (request, signal) => transport.watch(request, signal),
      call: async <T>(request: ApiRequest, signal?: AbortSignal) => {
        if (!WRITES.has(request.verb)) return transport.call<T>(request, signal)
        try {
          const answer = await transport.call<T>(request, signal)
          this.#writes.push(outcomeOf(request, answer as Answer))
          return answer
        } catch (error) {
          if (!isCertain(error)) this.#writes.push({ request, unknown: true })
          throw error
        }
      },
    }
  }

  /** Takes over what another reconcile of the key recorded. */
  takeFrom(other: OwnWrites): void {
    this.#writes.push(...other.#writes.splice(0))
  }

  /** Resolves when the caches show every write: true, or false when a removed object is still shown. */
  async shown(informers: InformerSet, signal: AbortSignal): Promise<boolean> {
    for (const write of this.#writes) {
      const informer = informers.existing(write.request.resource)
      if (!informer) continue
      if ('removed' in write && stillShown(informer, write.request, write.removed)) return false
      const revision =
        'revision' in write
          ? write.revision
          : 'unknown' in write
            ? await newest(write.request, informers.transport, signal)
            : 0
      await informer.whenAt(revision, signal)
    }
    this.#writes.length = 0
    return true
  }
}

type Answer = DeepReadonly<Partial<ApiObject> & { kind?: string; details?: { uid?: string } }> | undefined

function outcomeOf(request: ApiRequest, answer: Answer): Write {
  if (request.verb === 'delete' && !answer?.metadata?.uid) return { request, removed: answer?.details?.uid }
  return { request, revision: Number(answer?.metadata?.resourceVersion ?? 0) }
}

/** The server has refused: nothing was written. */
const isCertain = (error: unknown): boolean => error instanceof StatusError && error.code < 500

function stillShown(informer: Informer<ApiObject>, request: ApiRequest, uid: string | undefined): boolean {
  const { name = '', namespace } = request
  const shown = informer.lister.get({ name, namespace })?.metadata
  return shown !== undefined && !shown.deletionTimestamp && (uid === undefined || shown.uid === uid)
}

/**
 * The newest revision among the objects where the write went, asked of the API and not of a cache; as the informers' user,
 * since many controllers may write what they may not list.
 */
async function newest({ resource, namespace }: ApiRequest, transport: Transport, signal: AbortSignal): Promise<number> {
  const list = await transport.call<{ items: ApiObject[] }>(
    { verb: 'list', resource, ...(namespace && { namespace }) },
    signal,
  )
  return list.items.reduce((revision, { metadata }) => Math.max(revision, Number(metadata.resourceVersion ?? 0)), 0)
}
