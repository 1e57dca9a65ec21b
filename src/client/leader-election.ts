import { hasReason, Reason } from '../api/status-error.ts'
import type { Lease, LeaseSpec } from '../api/types/coordination.v1.ts'
import type { Clock } from '../base/clock.ts'
import { microTimestamp } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { editable } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { New, ObjectName } from './client.ts'
import type { Client } from './clientset.ts'
import type { EventRecorder } from './events.ts'
import type { LeaderElectionTimes } from './leader-election-times.ts'
import { DEFAULT_ELECTION_TIMES, JITTER_FACTOR, problemOfTimes } from './leader-election-times.ts'
import { Term } from './term.ts'

export interface LeaderElectionDeps extends Partial<LeaderElectionTimes> {
  readonly client: Pick<Client, 'leases'>
  /** The Lease: `kube-system/kube-controller-manager`. */
  readonly lease: Required<Pick<ObjectName, 'name' | 'namespace'>>
  /** Unique to this process: `host_uuid`. */
  readonly identity: string
  /** Told who leads, as client-go does. */
  readonly events?: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

/** A lease as last seen, and when on our own monotonic clock: the holder's timestamps are not trusted. */
interface Observation {
  readonly record: string
  /** '' when the lease was given up. */
  readonly holder: string
  readonly expiresAtMs: number
}

/**
 * Leads while it holds a Lease (client-go's leader election). A term ends renewDeadline after the request of the last
 * successful renewal was sent, which is before another may acquire. Candidates watch the Lease, so that they try when it is
 * given up or has just expired.
 */
export class LeaderElection {
  readonly #deps: LeaderElectionDeps & LeaderElectionTimes
  #observed: Observation | undefined

  /** Throws a RangeError, in client-go's words, for times that would let two lead at once. */
  constructor(deps: LeaderElectionDeps) {
    this.#deps = { ...DEFAULT_ELECTION_TIMES, ...deps }
    const problem = problemOfTimes(this.#deps)
    if (problem) throw new RangeError(problem)
  }

  /**
   * Waits for the lease, then leads until the term is over, `lead` returns or the signal aborts. `lead` has to stop when
   * the term's signal aborts; what it does nevertheless has to go through `withinTerm`. The lease is given up when it has.
   */
  async run(lead: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void> {
    const begunMs = await this.#acquire(signal)
    if (begunMs === undefined) return
    const term = new Term(begunMs, this.#deps)
    const stop = (): void => term.end()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const renewing = this.#renew(term)
    this.#tell('became leader')
    try {
      await lead(term)
    } finally {
      signal.removeEventListener('abort', stop)
      const isHeld = !term.isLost()
      term.end()
      await renewing
      this.#tell('stopped leading')
      if (isHeld) await this.#release()
    }
  }

  /** When the request was sent that won the lease; undefined when aborted. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      const sentMs = this.#deps.clock.monotonic()
      if (await this.#try(signal)) return sentMs
      await this.#chance(signal)
    }
    return undefined
  }

  /** Waits until the lease may be free: given up, or expired; a retry period when that was so and we did not get it. */
  async #chance(signal: AbortSignal): Promise<void> {
    const { client, lease, clock, log } = this.#deps
    const due = new AbortController()
    const arm = () => clock.after(this.#nextTryInMs(), () => due.abort())
    let disarm = arm()
    const watched = AbortSignal.any([signal, due.signal])
    try {
      const selected = { namespace: lease.namespace, fieldSelector: `metadata.name=${lease.name}` }
      for await (const { type, object } of client.leases.watch(selected, watched)) {
        if (type === 'BOOKMARK' || type === 'DELETED' || !this.#observe(object)) continue
        if (!this.#observed?.holder) return
        disarm()
        disarm = arm()
      }
    } catch (error) {
      log.info('the lease is not watched now', { lease: lease.name, error })
    } finally {
      disarm()
    }
    if (!watched.aborted) await pause(clock, this.#nextTryInMs(), signal)
  }

  #nextTryInMs(): number {
    const { retryPeriodMs } = this.#deps
    const untilExpiryMs = this.#heldForMs()
    return untilExpiryMs > 0 ? untilExpiryMs : retryPeriodMs * (1 + JITTER_FACTOR * Math.random())
  }

  async #renew(term: Term): Promise<void> {
    const { clock, retryPeriodMs } = this.#deps
    while (!term.isOver()) {
      await pause(clock, retryPeriodMs, term.signal)
      const sentMs = clock.monotonic()
      if (term.isOver()) return
      if (await this.#try(term.signal)) term.renewed(sentMs)
      else if (this.#heldForMs() > 0) term.lose()
    }
  }

  /** One attempt to take or renew the lease. */
  async #try(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#takeOrRenew(signal)
    } catch (error) {
      if (!signal.aborted) this.#deps.log.info('the lease was not taken', { lease: this.#deps.lease.name, error })
      return false
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, lease } = this.#deps
    const current = await client.leases.get(lease, { signal }).catch(absentWhenNotFound)
    if (current) this.#observe(current)
    if (this.#heldForMs() > 0) return false // also when it was deleted: its holder does not know yet
    if (!current) {
      const created = { metadata: lease, spec: this.#record(undefined) }
      this.#observe(await client.leases.create(created as New<Lease>, { signal }))
      return true
    }
    const next = { ...editable<Lease>(current), spec: this.#record(current.spec) }
    this.#observe(await client.leases.update(next, { signal }))
    return true
  }

  /** Whether it is news. */
  #observe({ spec }: DeepReadonly<Lease>): boolean {
    const record = JSON.stringify(spec)
    if (record === this.#observed?.record) return false
    const { clock, leaseDurationMs } = this.#deps
    const validMs = spec.leaseDurationSeconds === undefined ? leaseDurationMs : spec.leaseDurationSeconds * 1000
    this.#observed = { record, holder: spec.holderIdentity ?? '', expiresAtMs: clock.monotonic() + validMs }
    return true
  }

  /** How long somebody else may still lead, as far as we have seen; not above 0 when nobody does. */
  #heldForMs(): number {
    const { clock, identity } = this.#deps
    if (!this.#observed?.holder || this.#observed.holder === identity) return 0
    return this.#observed.expiresAtMs - clock.monotonic()
  }

  #record(old: DeepReadonly<LeaseSpec> | undefined): LeaseSpec {
    const { identity, clock, leaseDurationMs } = this.#deps
    const now = microTimestamp(clock.now())
    const renewed = old?.holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.floor(leaseDurationMs / 1000)),
      acquireTime: renewed ? (old?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (old && !renewed ? 1 : 0),
    }
  }

  #tell(what: string): void {
    const { events, lease, identity, log } = this.#deps
    log.info(what, { lease: lease.name, identity })
    const subject = { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', ...lease }
    events?.normal(subject, 'LeaderElection', `${identity} ${what}`)
  }

  /** Gives the lease up, so that the next need not wait for it to expire. */
  async #release(): Promise<void> {
    const { client, lease, identity, clock, log, renewDeadlineMs } = this.#deps
    const late = new AbortController()
    const cancel = clock.after(renewDeadlineMs, () => late.abort())
    const { signal } = late
    try {
      const current = await client.leases.get(lease, { signal })
      if (current.spec.holderIdentity !== identity) return
      const now = microTimestamp(clock.now())
      const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
      await client.leases.update({ ...editable<Lease>(current), spec: editable<LeaseSpec>(spec) }, { signal })
    } catch (error) {
      log.info('the lease was not released', { lease: lease.name, error })
    } finally {
      cancel()
    }
  }
}

function absentWhenNotFound(error: unknown): undefined {
  if (!hasReason(error, Reason.NotFound)) throw error
}

/** Sleeps; ends early and quietly when the signal aborts. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
