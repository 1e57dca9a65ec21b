import { hasReason, Reason } from '../api/status-error.ts'
import type { Lease, LeaseSpec } from '../api/types/coordination.v1.ts'
import type { Clock } from '../base/clock.ts'
import { microTimestamp } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { editable } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { New, ObjectName } from './client.ts'
import type { Client } from './clientset.ts'

export interface LeaderElectionDeps {
  readonly client: Pick<Client, 'leases'>
  /** The Lease: `kube-system/kube-controller-manager`. */
  readonly lease: Required<Pick<ObjectName, 'name' | 'namespace'>>
  /** Unique to this process: `host_uuid`. */
  readonly identity: string
  readonly clock: Clock
  readonly log: Logger
  /** How long others wait after a renewal before they take over. */
  readonly leaseDurationMs?: number
  /** How long the leader goes on without a successful renewal. Shorter than the lease, so that terms never overlap. */
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
}

/** A lease as last seen, and when on our own monotonic clock: the holder's timestamps are not trusted. */
interface Observation {
  readonly record: string
  readonly atMs: number
}

/**
 * Leads while it holds a Lease (client-go's leader election). `lead` gets a signal that aborts renewDeadline after the
 * request of the last successful renewal was sent, which is before another may acquire.
 */
export class LeaderElection {
  readonly #deps: Required<LeaderElectionDeps>
  #observed: Observation | undefined

  constructor(deps: LeaderElectionDeps) {
    this.#deps = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...deps }
  }

  /** Waits for the lease, then leads until the term is lost, `lead` returns or the signal aborts; the lease is released. */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const begunMs = await this.#acquire(signal)
    if (begunMs === undefined) return
    const term = new AbortController()
    const stop = AbortSignal.any([signal, term.signal])
    const renewing = this.#renew(begunMs, term, stop)
    try {
      await lead(stop)
    } finally {
      term.abort(new Error('the term has ended'))
      await renewing
      await this.#release()
    }
  }

  /** When the request was sent that won the lease; undefined when aborted. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    const { clock, retryPeriodMs } = this.#deps
    while (!signal.aborted) {
      const sentMs = clock.monotonic()
      if (await this.#try(signal)) return sentMs
      await pause(clock, retryPeriodMs * (1 + 1.2 * Math.random()), signal) // client-go: JitterFactor 1.2
    }
    return undefined
  }

  async #renew(begunMs: number, term: AbortController, signal: AbortSignal): Promise<void> {
    const { clock, renewDeadlineMs, retryPeriodMs } = this.#deps
    const lose = () => term.abort(new Error('the lease could not be renewed in time'))
    const deadline = (sentMs: number) => clock.after(sentMs + renewDeadlineMs - clock.monotonic(), lose)
    let disarm = deadline(begunMs)
    while (!signal.aborted) {
      await pause(clock, retryPeriodMs, signal)
      const sentMs = clock.monotonic()
      if (signal.aborted || !(await this.#try(signal))) continue
      disarm()
      disarm = deadline(sentMs)
    }
    disarm()
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
    const { client, lease, identity, clock } = this.#deps
    const current = await client.leases.get(lease, { signal }).catch(absentWhenNotFound)
    if (!current) {
      const created = { metadata: lease, spec: this.#record(undefined) }
      await client.leases.create(created as New<Lease>, { signal })
      return true
    }
    this.#observe(current)
    const { holderIdentity } = current.spec
    if (holderIdentity && holderIdentity !== identity && !this.#expired(clock.monotonic())) return false
    const next = { ...editable<Lease>(current), spec: this.#record(current.spec) }
    this.#observe(await client.leases.update(next, { signal }))
    return true
  }

  #observe({ spec }: DeepReadonly<Lease>): void {
    const record = JSON.stringify(spec)
    if (record !== this.#observed?.record) this.#observed = { record, atMs: this.#deps.clock.monotonic() }
  }

  #expired(nowMs: number): boolean {
    return nowMs >= (this.#observed?.atMs ?? nowMs) + this.#deps.leaseDurationMs
  }

  #record(old: DeepReadonly<LeaseSpec> | undefined): LeaseSpec {
    const { identity, clock, leaseDurationMs } = this.#deps
    const now = microTimestamp(clock.now())
    const renewed = old?.holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      acquireTime: renewed ? (old?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (old && !renewed ? 1 : 0),
    }
  }

  /** Gives the lease up, so that the next need not wait for it to expire. */
  async #release(): Promise<void> {
    const { client, lease, identity, clock, log } = this.#deps
    try {
      const current = await client.leases.get(lease)
      if (current.spec.holderIdentity !== identity) return
      const now = microTimestamp(clock.now())
      const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
      await client.leases.update({ ...editable<Lease>(current), spec: editable<LeaseSpec>(spec) })
    } catch (error) {
      log.info('the lease was not released', { lease: lease.name, error })
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
