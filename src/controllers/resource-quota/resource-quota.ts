import { areEqual } from '../../api/quota/amounts.ts'
import type { QuotaEvaluator } from '../../api/quota/evaluator.ts'
import { type ApiObject, groupVersion } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ResourceQuota } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { keyOf, parseObjectKey } from '../../client/object-key.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { type Tracked, trackedBy } from './tracked.ts'
import { type Counted, statusOf } from './usage.ts'

export interface ResourceQuotaDeps {
  readonly informers: Informers
  clientFor(user: string): Client
  readonly clock: Clock
  readonly log: Logger
}

type Quota = DeepReadonly<ResourceQuota>

const WORKERS = 5
/** Upstream's --resource-quota-sync-period. */
const RESYNC_MS = 300_000
/** A resource that cannot be listed holds a quota up no longer than this. */
const SYNC_MS = 30_000

/** A resource that quotas count, and how to stop following it. */
interface Followed {
  readonly informer: Informer<ApiObject>
  readonly stop: () => void
}

/** Keeps `status.hard` and `status.used` of quotas at what is limited and used. Keys are quotas. */
export class ResourceQuotaController implements Component {
  readonly name = 'resourcequota-controller'
  readonly #deps: ResourceQuotaDeps
  readonly #client: Client
  readonly #queue: WorkQueue<string>
  readonly #followed = new Map<string, Followed>() // by group, version and plural; as many as quotas have ever counted

  constructor(deps: ResourceQuotaDeps) {
    this.#deps = deps
    this.#client = deps.clientFor('resourcequota-controller')
    this.#queue = new WorkQueue({ clock: deps.clock })
    for (const informer of this.#own()) informer.revision() // the informers exist before the set runs
  }

  async run(signal: AbortSignal): Promise<void> {
    const { resourceQuotas, customResourceDefinitions } = this.#deps.informers
    await Promise.all(this.#own().map((informer) => informer.whenSynced(signal)))
    const recount = () => this.#recountAll()
    const stops = [
      resourceQuotas.on({
        added: (quota) => this.#queue.add(keyOf(quota)),
        updated: (quota, old) => {
          if (!areEqual(quota.spec?.hard, old.spec?.hard)) this.#queue.add(keyOf(quota))
        },
      }),
      customResourceDefinitions.on({ updated: recount, deleted: recount }),
    ]
    const worker = { name: 'worker', run: (stop: AbortSignal) => this.#work(stop) }
    try {
      await runTogether(Array(WORKERS).fill(worker), signal)
    } finally {
      for (const stop of [...stops, ...Array.from(this.#followed.values(), (followed) => followed.stop)]) stop()
      this.#followed.clear()
      this.#queue.clear()
    }
  }

  #own(): readonly Informer<never>[] {
    const { resourceQuotas, customResourceDefinitions } = this.#deps.informers
    return [resourceQuotas, customResourceDefinitions] as unknown as readonly Informer<never>[]
  }

  /** What a quota counts may have begun or ceased to be served. */
  #recountAll(): void {
    for (const quota of this.#deps.informers.resourceQuotas.lister.list()) this.#queue.add(keyOf(quota))
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(signal); key !== undefined; key = await this.#queue.take(signal)) {
      try {
        const isThere = await this.#count(key, signal)
        this.#queue.forget(key)
        if (isThere) this.#queue.addAfter(key, RESYNC_MS)
      } catch (error) {
        if (signal.aborted) return
        if (!hasReason(error, Reason.Conflict)) this.#deps.log.warn('counting for a quota failed', { key, error })
        this.#queue.retry(key)
      } finally {
        this.#queue.done(key)
      }
    }
  }

  /** False when there is no such quota. */
  async #count(key: string, signal: AbortSignal): Promise<boolean> {
    const { informers, clock } = this.#deps
    const quota = informers.resourceQuotas.lister.get(parseObjectKey(key))
    if (!quota) return false
    const tracked = trackedBy(Object.keys(quota.spec?.hard ?? {}), informers.customResourceDefinitions.lister)
    const { counted, failed } = await this.#objects(tracked, quota.metadata.namespace ?? '', signal)
    const status = statusOf(quota, counted, clock.now())
    if (!quota.status?.used || !areEqual(status.hard, quota.status.hard) || !areEqual(status.used, quota.status.used)) {
      const next = { ...editable<ResourceQuota>(quota), status }
      await this.#client.resourceQuotas.updateStatus(next, { signal }).catch(ignoreNotFound)
    }
    if (failed.length > 0) throw new Error(`these cannot be listed: ${failed.join(', ')}`)
    return true
  }

  async #objects(
    tracked: readonly Tracked[],
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ readonly counted: Counted[]; readonly failed: string[] }> {
    const counted: Counted[] = []
    const failed: string[] = []
    await Promise.all(
      tracked.map(async (one) => {
        const informer = this.#follow(one)
        if (await this.#isSynced(informer, signal)) {
          counted.push({ evaluator: one.evaluator, objects: informer.lister.list(namespace) })
        } else failed.push(`${one.resource.plural}.${one.resource.group}`)
      }),
    )
    return { counted, failed }
  }

  async #isSynced(informer: Informer<ApiObject>, signal: AbortSignal): Promise<boolean> {
    if (informer.synced()) return true
    const waited = new AbortController()
    const stop = AbortSignal.any([signal, waited.signal])
    try {
      await Promise.race([informer.whenSynced(stop), this.#deps.clock.sleep(SYNC_MS, stop)])
      return informer.synced()
    } finally {
      waited.abort()
    }
  }

  /** The informer of a resource; a custom resource that went and came back has another. */
  #follow({ resource, evaluator }: Tracked): Informer<ApiObject> {
    const informer: Informer<ApiObject> = this.#deps.informers.for({ ...resource })
    const key = `${groupVersion(resource)}/${resource.plural}`
    const present = this.#followed.get(key)
    if (present?.informer === informer) return informer
    present?.stop()
    const stop = informer.on({
      updated: (object, old) => {
        if (this.#usesOther(evaluator, object, old)) this.#recount(evaluator, object)
      },
      deleted: (object) => this.#recount(evaluator, object),
    })
    this.#followed.set(key, { informer, stop })
    return informer
  }

  #usesOther(evaluator: QuotaEvaluator, object: DeepReadonly<ApiObject>, old: DeepReadonly<ApiObject>): boolean {
    if (!this.#quotasOf(object).some((quota) => isCountedBy(quota, evaluator))) return false
    const now = this.#deps.clock.now()
    return !areEqual(evaluator.usage(object, now), evaluator.usage(old, now))
  }

  #recount(evaluator: QuotaEvaluator, object: DeepReadonly<ApiObject>): void {
    for (const quota of this.#quotasOf(object)) if (isCountedBy(quota, evaluator)) this.#queue.add(keyOf(quota))
  }

  #quotasOf({ metadata }: DeepReadonly<ApiObject>): readonly Quota[] {
    return this.#deps.informers.resourceQuotas.lister.list(metadata.namespace ?? '')
  }
}

const isCountedBy = ({ spec }: Quota, evaluator: QuotaEvaluator): boolean =>
  Object.keys(spec?.hard ?? {}).some((name) => evaluator.counts(name))
