import { hasReason, internalError, Reason } from '../../../../api/status-error.ts'
import type { ResourceQuota } from '../../../../api/types/core.v1.ts'
import { editable } from '../../../../base/deep-readonly.ts'
import { RecentMap } from '../../../../base/recent-map.ts'
import type { ResourceClient } from '../../../../client/client.ts'
import type { Lister } from '../../../../client/informer.ts'
import { type Charge, charge, type Quota } from './charge.ts'

export interface LedgerDeps {
  readonly quotas: Lister<ResourceQuota>
  readonly client: Pick<ResourceClient<ResourceQuota>, 'get' | 'updateStatus'>
}

interface Waiting extends Charge {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** How often a quota that others change all the while is read again. */
const ATTEMPTS = 4
/** How long a write may wait for the quotas of its namespace (upstream's limit). */
const DEADLINE_MS = 10_000
/** Quotas whose last charge the lister may not show yet. */
const RECENT = 1000

/**
 * Charges writes to the quotas of their namespaces, and writes what is used into the quotas before a write may go on. One
 * namespace is charged by one hand at a time; writes that arrive meanwhile are charged together next, so that their number
 * does not multiply the updates of a quota. Upstream: quotaEvaluator.
 */
export class Ledger {
  readonly #deps: LedgerDeps
  readonly #waiting = new Map<string, Waiting[]>() // by namespace; an entry, perhaps empty, while it is being charged
  readonly #recent = new RecentMap<string, Quota>(RECENT) // as last written here

  constructor(deps: LedgerDeps) {
    this.#deps = deps
  }

  /** Resolves when the write is charged; rejects with the refusal. */
  charge(one: Charge): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { namespace } = one.request
    const queue = this.#waiting.get(namespace)
    const waiting = { ...one, resolve, reject }
    if (queue) queue.push(waiting)
    else void this.#chargeAll(namespace, waiting)
    return promise
  }

  async #chargeAll(namespace: string, first: Waiting): Promise<void> {
    let batch = [first]
    while (batch.length > 0) {
      this.#waiting.set(namespace, [])
      await this.#chargeBatch(this.#current(namespace), batch)
      batch = this.#waiting.get(namespace) ?? []
    }
    this.#waiting.delete(namespace)
  }

  /** The quotas of a namespace, as newly as they are known here. */
  #current(namespace: string): Quota[] {
    return this.#deps.quotas.list(namespace).map((quota) => {
      const recent = this.#recent.get(quota.metadata.uid)
      return recent && revision(recent) > revision(quota) ? recent : quota
    })
  }

  async #chargeBatch(quotas: readonly Quota[], batch: readonly Waiting[]): Promise<void> {
    let left = batch
    let toCharge = quotas
    for (let attempt = 1; ; attempt++) {
      const { charged, accepted } = settleRefused(toCharge, left)
      const stale: Quota[] = []
      let conflict: unknown
      try {
        for (const [index, quota] of charged.entries()) {
          const refusal = quota === toCharge[index] ? undefined : await this.#write(quota)
          if (refusal === undefined) continue
          stale.push(quota)
          conflict = refusal
        }
        if (stale.length === 0) return resolveAll(accepted)
        if (attempt === ATTEMPTS) throw conflict // 409, as upstream: the client may try again
        toCharge = await this.#read(stale)
        left = accepted
      } catch (error) {
        return rejectAll(accepted, error)
      }
    }
  }

  /** The refusal, when somebody else wrote it meanwhile. */
  async #write(quota: Quota): Promise<unknown> {
    try {
      const options = { signal: AbortSignal.timeout(DEADLINE_MS) }
      const written = await this.#deps.client.updateStatus(editable<ResourceQuota>(quota), options)
      this.#recent.set(written.metadata.uid, written)
      return undefined
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) return undefined // it limits nothing any more
      if (!hasReason(error, Reason.Conflict)) throw timedOut(error)
      return error
    }
  }

  /** Those that still exist, from the store. */
  async #read(quotas: readonly Quota[]): Promise<Quota[]> {
    const read = async ({ metadata }: Quota) => {
      try {
        return [await this.#deps.client.get(metadata, { signal: AbortSignal.timeout(DEADLINE_MS) })]
      } catch (error) {
        if (hasReason(error, Reason.NotFound)) return []
        throw timedOut(error)
      }
    }
    return (await Promise.all(quotas.map(read))).flat()
  }
}

/** Charges one after the other; what is refused, or only tried, changes nothing. */
function settleRefused(
  quotas: readonly Quota[],
  batch: readonly Waiting[],
): { readonly charged: readonly Quota[]; readonly accepted: readonly Waiting[] } {
  let charged = quotas
  const accepted: Waiting[] = []
  for (const one of batch) {
    try {
      const after = charge(charged, one)
      if (!one.request.dryRun) charged = after
      accepted.push(one)
    } catch (refusal) {
      one.reject(refusal)
    }
  }
  return { charged, accepted }
}

function resolveAll(batch: readonly Waiting[]): void {
  for (const { resolve } of batch) resolve()
}

function rejectAll(batch: readonly Waiting[], error: unknown): void {
  for (const { reject } of batch) reject(error)
}

const revision = ({ metadata }: Quota): number => Number(metadata.resourceVersion)

const timedOut = (error: unknown): unknown =>
  (error as Error).name === 'TimeoutError' ? internalError('resource quota evaluation timed out') : error
