import type { Pod } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
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
  /** Which plugins refused it last; empty after a fault. */
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
 * (was refused; waits for an event that could help). One timer at most, for the next that is due; none when nothing is.
 */
export class SchedulingQueue {
  readonly #pods = new Map<string, Queued>() // by uid; whatever the place
  readonly #active = new Set<string>()
  readonly #backingOff = new Set<string>()
  readonly #parked = new Set<string>()
  readonly #gated = new Set<string>()
  readonly #deps: QueueDeps
  #cancelTimer = (): void => {}

  constructor(deps: QueueDeps) {
    this.#deps = deps
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
    this.#pods.delete(uid)
    this.#leave(uid)
    this.#arm()
  }

  /** The pod to try next: highest priority, then longest waiting. It stays known until `remove`. */
  take(): DeepReadonly<Pod> | undefined {
    let first: Queued | undefined
    for (const uid of this.#active) {
      const queued = this.#pods.get(uid) as Queued
      if (!first || before(queued, first)) first = queued
    }
    if (!first) return undefined
    this.#active.delete(first.pod.metadata.uid)
    first.attempts++
    return first.pod
  }

  /** Parks a pod that plugins refused until something happens that could help. */
  park(pod: DeepReadonly<Pod>, refusedBy: ReadonlySet<string>): void {
    this.#putBack(pod.metadata.uid, refusedBy, this.#parked)
  }

  /** Puts a pod back whose scheduling failed for another cause; it is tried again after its back-off. */
  retry(pod: DeepReadonly<Pod>): void {
    this.#putBack(pod.metadata.uid, new Set(), this.#backingOff)
  }

  /** Brings back the parked pods that the event could help. */
  happened(event: ClusterEvent): void {
    for (const uid of [...this.#parked]) this.#release(uid, event)
  }

  get size(): number {
    return this.#pods.size
  }

  close(): void {
    this.#cancelTimer()
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
    const place = queued.notBefore > this.#now() ? this.#backingOff : this.#active
    place.add(uid)
    if (place === this.#active) this.#deps.wake()
    this.#arm()
  }

  #putBack(uid: string, refusedBy: ReadonlySet<string>, place: Set<string>): void {
    const queued = this.#pods.get(uid)
    if (!queued) return // deleted meanwhile
    const backoffMs = Math.min(INITIAL_BACKOFF_MS * 2 ** (queued.attempts - 1), MAX_BACKOFF_MS)
    queued.refusedBy = refusedBy
    queued.since = this.#now()
    queued.notBefore = this.#now() + backoffMs
    this.#leave(uid)
    place.add(uid)
    this.#arm()
  }

  #release(uid: string, event: ClusterEvent): void {
    const queued = this.#pods.get(uid) as Queued
    const refusing = this.#deps.plugins.filter(({ name }) => queued.refusedBy.has(name))
    if (refusing.some((plugin) => plugin.requeue?.(queued.pod, event) ?? true)) this.#enqueue(uid)
  }

  #leave(uid: string): void {
    for (const place of [this.#active, this.#backingOff, this.#parked, this.#gated]) place.delete(uid)
  }

  #arm(): void {
    this.#cancelTimer()
    this.#cancelTimer = () => {}
    const due = this.#nextDue()
    if (due === undefined) return
    this.#cancelTimer = this.#deps.clock.after(Math.max(0, due - this.#now()), () => this.#fire())
  }

  #nextDue(): number | undefined {
    let due: number | undefined
    for (const uid of this.#backingOff)
      due = Math.min(due ?? Number.POSITIVE_INFINITY, (this.#pods.get(uid) as Queued).notBefore)
    for (const uid of this.#parked)
      due = Math.min(due ?? Number.POSITIVE_INFINITY, (this.#pods.get(uid) as Queued).since + FORGOTTEN_MS)
    return due
  }

  #fire(): void {
    const now = this.#now()
    for (const uid of [...this.#backingOff]) if ((this.#pods.get(uid) as Queued).notBefore <= now) this.#enqueue(uid)
    for (const uid of [...this.#parked])
      if ((this.#pods.get(uid) as Queued).since + FORGOTTEN_MS <= now) this.#enqueue(uid)
    this.#arm()
  }

  #now(): number {
    return this.#deps.clock.monotonic()
  }
}

function before(a: Queued, b: Queued): boolean {
  const [high, low] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0]
  return high === low ? a.since < b.since : high > low
}

/** Status changes of a waiting pod are our own doing and mean nothing. */
function specChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  return (
    pod.metadata.generation !== old.metadata.generation ||
    JSON.stringify(pod.metadata.labels) !== JSON.stringify(old.metadata.labels)
  )
}
