import type { Pod } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

/** That a pod got no node when it was tried, and why. */
export interface FailureReport {
  /** As it was when it was tried. */
  readonly pod: DeepReadonly<Pod>
  /** Of the condition: `Unschedulable`, `SchedulerError`. */
  readonly reason: string
  readonly message: string
}

export interface FailureReportsDeps {
  readonly clock: Clock
  /** How many more can be told now without one being lost on the way. */
  readonly room: () => number
  /** Begins to tell the API. */
  readonly tell: (report: FailureReport) => void
}

/** So many are told as they come: a rollout, a job, a test. */
const BURST = 200
/**
 * Of more, so many a second, each of them two writes. Upstream's scheduler sends at most 50 requests a second, its bindings
 * among them, after 100 at once (kubeAPIQPS, kubeAPIBurst).
 */
const PER_SECOND = 100
/** How long those wait together that are told next: what is written together is committed together. */
const STEP_MS = 100

/**
 * Tells the API which pods got no node, so that a flood of them does not take the API server from its clients: as they come
 * while they are few, then at a steady pace in the order in which the pods were first refused. Each pod that still waits for a
 * node is told of in the end, once, with what was reported last. There is at most one report for a pod; a timer when any wait.
 */
export class FailureReports {
  readonly #waiting = new Map<string, FailureReport>() // by uid of the pod, the longest waiting first
  readonly #deps: FailureReportsDeps
  #allowed = BURST // at #countedAt, on the monotonic clock; at most BURST
  #countedAt: number
  /** Set while reports wait. */
  #cancelTimer: (() => void) | undefined

  constructor(deps: FailureReportsDeps) {
    this.#deps = deps
    this.#countedAt = deps.clock.monotonic()
  }

  /** Takes the place of what was reported of the pod and is not told yet. */
  report(report: FailureReport): void {
    this.#waiting.set(report.pod.metadata.uid, report)
    if (!this.#cancelTimer) this.#tellDue()
  }

  /** The pod has, or may get, a node, or it is gone: what is not told yet is not told any more. */
  forget(uid: string): void {
    if (this.#waiting.delete(uid) && this.#waiting.size === 0) this.#disarm()
  }

  /** Drops what waits. */
  close(): void {
    this.#waiting.clear()
    this.#disarm()
  }

  #tellDue(): void {
    this.#disarm()
    for (const report of this.#takeAllowed()) this.#deps.tell(report)
    if (this.#waiting.size > 0) this.#cancelTimer = this.#deps.clock.after(STEP_MS, () => this.#tellDue())
  }

  #takeAllowed(): FailureReport[] {
    const now = this.#deps.clock.monotonic()
    this.#allowed = Math.min(BURST, this.#allowed + ((now - this.#countedAt) * PER_SECOND) / 1000)
    this.#countedAt = now
    const count = Math.max(0, Math.min(Math.floor(this.#allowed), this.#deps.room()))
    const taken = this.#waiting.values().take(count).toArray()
    for (const { pod } of taken) this.#waiting.delete(pod.metadata.uid)
    this.#allowed -= taken.length
    return taken
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
