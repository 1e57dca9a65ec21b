import { sameMembers } from '../api/same-members.ts'
import type { Pod } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { DelayedKeys } from '../client/delayed-keys.ts'
import { ActivePods } from './active-pods.ts'
import type { ClusterEvent, SchedulerPlugin } from './plugin.ts'

const INITIAL_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 10_000
/** A pod that no event brought back is tried again after this long, in case an event was missed (upstream: 5 min). */
const FORGOTTEN_MS = 300_000

/** A pod in the queue, and its history there. */
interface Queued {
  pod: DeepReadonly<Pod>
  attempts: number
  /** Since when it waits to be tried, on the monotonic clock: first come, first served within a priority. */
  since: number
  /** Not to be tried before this, on the monotonic clock. */
  notBefore: number
  /** Which plugins refused it last; none after a fault, and where there was no node to refuse it. */
  refusedBy: ReadonlySet<string>
}

export interface QueueDeps {
  readonly plugins: readonly SchedulerPlugin[]
  readonly clock: Clock
  /** Told when a plugin keeps a pod out of the queue, with its reason. */
  readonly onGated: (pod: DeepReadonly<Pod>, reason: string) => void
  /** Called when there is something to take. */
  readonly wake: () => void
}

/**
 * Pods that need a node. Each is in one place: gated, active (may be tried), backing off (may be tried later), or parked
 * (was refused; waits for an event that could help). However many wait, what happens to one costs the same. A timer for those
 * that back off and one for those that are parked, when there are any.
 */
export class SchedulingQueue {
  readonly #pods = new Map<string, Queued>() // by uid; whatever the place
  readonly #active = new ActivePods()
  readonly #backingOff: DelayedKeys<string>
  readonly #parked = new Set<string>() // in the order in which they were parked
  readonly #gated = new Set<string>()
  readonly #deps: QueueDeps
  /** Set while pods are parked: it fires when the first of them is due, or one that has left meanwhile. */
  #cancelTimer: (() => void) | undefined

  constructor(deps: QueueDeps) {
    this.#deps = deps
    this.#backingOff = new DelayedKeys(deps.clock, (uid) => this.#enqueue(uid))
  }

  /** Adds a pod, or takes its new state: a changed pod that was refused may fit now. */
  set(pod: DeepReadonly<Pod>): void {
    const { uid } = pod.metadata
    const known = this.#pods.get(uid)
    if (!known) {
      this.#pods.set(uid, { pod, attempts: 0, since: this.#now(), notBefore: 0, refusedBy: new Set() })
      return this.#enqueue(uid)
    }
    const old = known.pod
    known.pod = pod
    if (this.#gated.has(uid)) return this.#enqueue(uid)
    if (this.#parked.has(uid) && specChanged(pod, old)) this.#release(uid, { kind: 'pod-changed', pod, old })
  }

  remove(uid: string): void {
    if (this.#pods.delete(uid)) this.#leave(uid)
  }

  /** The pod to try next: highest priority, then longest waiting. It stays known until `remove`. */
  take(): DeepReadonly<Pod> | undefined {
    const uid = this.#active.take()
    const first = uid === undefined ? undefined : this.#pods.get(uid)
    if (first) first.attempts++
    return first?.pod
  }

  /** Parks a pod that plugins refused until something happens that could help; if none did, until anything happens. */
  park(pod: DeepReadonly<Pod>, refusedBy: ReadonlySet<string>): void {
    const { uid } = pod.metadata
    if (!this.#putBack(uid, refusedBy)) return
    this.#parked.add(uid)
    this.#arm()
  }

  /** Puts a pod back whose scheduling failed for another cause; it is tried again after its back-off. */
  retry(pod: DeepReadonly<Pod>): void {
    const { uid } = pod.metadata
    const queued = this.#putBack(uid, new Set())
    if (queued) this.#backingOff.add(uid, queued.notBefore - this.#now())
  }

  /** Brings back the parked pods that the event could help. */
  happened(event: ClusterEvent): void {
    for (const uid of [...this.#parked]) this.#release(uid, event)
  }

  get size(): number {
    return this.#pods.size
  }

  close(): void {
    this.#backingOff.clear()
    this.#disarm()
  }

  #enqueue(uid: string): void {
    const queued = this.#pods.get(uid) as Queued
    this.#leave(uid)
    for (const { preEnqueue } of this.#deps.plugins) {
      const verdict = preEnqueue?.(queued.pod)
      if (!verdict || verdict.ok) continue
      this.#gated.add(uid)
      return this.#deps.onGated(queued.pod, verdict.reasons.join(', '))
    }
    const backOffMs = queued.notBefore - this.#now()
    if (backOffMs > 0) return this.#backingOff.add(uid, backOffMs)
    this.#active.add(uid, queued.pod.spec.priority ?? 0, queued.since)
    this.#deps.wake()
  }

  /** Undefined when the pod was deleted meanwhile. */
  #putBack(uid: string, refusedBy: ReadonlySet<string>): Queued | undefined {
    const queued = this.#pods.get(uid)
    if (!queued) return undefined
    const backoffMs = Math.min(INITIAL_BACKOFF_MS * 2 ** (queued.attempts - 1), MAX_BACKOFF_MS)
    queued.refusedBy = refusedBy
    queued.since = this.#now()
    queued.notBefore = this.#now() + backoffMs
    this.#leave(uid)
    return queued
  }

  #release(uid: string, event: ClusterEvent): void {
    const { pod, refusedBy } = this.#pods.get(uid) as Queued
    const refusing = this.#deps.plugins.filter(({ name }) => refusedBy.has(name))
    const helps = refusedBy.size === 0 || refusing.some((plugin) => plugin.requeue?.(pod, event) ?? true)
    if (helps) this.#enqueue(uid)
  }

  #leave(uid: string): void {
    this.#active.delete(uid)
    this.#backingOff.delete(uid)
    this.#gated.delete(uid)
    this.#parked.delete(uid)
    if (this.#parked.size === 0) this.#disarm()
  }

  #arm(): void {
    const [first] = this.#parked
    if (this.#cancelTimer || first === undefined) return
    const due = (this.#pods.get(first) as Queued).since + FORGOTTEN_MS
    this.#cancelTimer = this.#deps.clock.after(Math.max(0, due - this.#now()), () => this.#tryForgotten())
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #tryForgotten(): void {
    this.#cancelTimer = undefined
    const parkedBefore = this.#now() - FORGOTTEN_MS
    for (const uid of this.#parked) {
      if ((this.#pods.get(uid) as Queued).since > parkedBefore) break
      this.#enqueue(uid)
    }
    this.#arm()
  }

  #now(): number {
    return this.#deps.clock.monotonic()
  }
}

/** Status changes of a waiting pod are our own doing and mean nothing. */
function specChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  return pod.metadata.generation !== old.metadata.generation || !sameMembers(pod.metadata.labels, old.metadata.labels)
}
