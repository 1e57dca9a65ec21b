import type { Probe } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { ProbeOutcome } from './probe-result.ts'

export interface ProbeTimerDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Milliseconds until the first run; zero or less: now. */
  readonly firstAfterMs: number
  run(signal: AbortSignal): Promise<ProbeOutcome>
  /** Every outcome that is not a plain success. */
  report(outcome: ProbeOutcome): void
  /** The verdict after enough equal outcomes in a row; called each time, changed or not. */
  settle(verdict: 'success' | 'failure'): void
}

/** Tries that one run of a probe has when the probe itself, not its target, fails. */
const TRIES = 3

/** Runs one probe of one container every `periodSeconds` until stopped; counts equal outcomes against the thresholds. */
export class ProbeTimer {
  readonly #probe: DeepReadonly<Probe>
  readonly #deps: ProbeTimerDeps
  readonly #stop = new AbortController()
  #cancel = (): void => {}
  #last: 'success' | 'failure' | undefined
  #count = 0 // outcomes equal to #last in a row

  constructor(probe: DeepReadonly<Probe>, deps: ProbeTimerDeps) {
    this.#probe = probe
    this.#deps = deps
  }

  start(): void {
    this.#schedule(this.#deps.firstAfterMs)
  }

  stop(): void {
    this.#cancel()
    this.#stop.abort()
  }

  #schedule(ms: number): void {
    if (this.#stop.signal.aborted) return
    this.#cancel = this.#deps.clock.after(Math.max(0, ms), () => {
      const due = this.#deps.clock.monotonic() + (this.#probe.periodSeconds ?? 10) * 1000
      this.#once()
        .catch((error) => this.#deps.log.debug('a probe was stopped', { error }))
        .finally(() => this.#schedule(due - this.#deps.clock.monotonic()))
    })
  }

  async #once(): Promise<void> {
    const outcome = await this.#attempt()
    if (this.#stop.signal.aborted) return
    if (outcome.verdict !== 'success') this.#deps.report(outcome)
    if (outcome.verdict === 'error') return
    this.#tally(outcome.verdict === 'failure' ? 'failure' : 'success')
  }

  async #attempt(): Promise<ProbeOutcome> {
    let outcome = await this.#deps.run(this.#stop.signal)
    for (let tries = 1; tries < TRIES && outcome.verdict === 'error'; tries++) {
      outcome = await this.#deps.run(this.#stop.signal)
    }
    return outcome
  }

  #tally(verdict: 'success' | 'failure'): void {
    this.#count = verdict === this.#last ? this.#count + 1 : 1
    this.#last = verdict
    const { failureThreshold = 3, successThreshold = 1 } = this.#probe
    if (this.#count >= (verdict === 'failure' ? failureThreshold : successThreshold)) this.#deps.settle(verdict)
  }
}
