import { monitorEventLoopDelay } from 'node:perf_hooks'

const SAMPLE_MS = 20
const QUANTILES = [0.5, 0.99, 0.999] as const
/** An idle server has no work: sampling ends when nobody has asked for this long. */
const KEPT_MS = 90_000

/** How late the event loop is. Measured from one question to the next, as long as there are questions. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS })
  #stop: NodeJS.Timeout | undefined

  /** Quantiles since the last call, in seconds; zeros at the first. */
  take(): [quantile: number, seconds: number][] {
    const quantiles = QUANTILES.map((quantile): [number, number] => [quantile, this.#at(quantile)])
    this.#histogram.reset()
    this.#histogram.enable()
    clearTimeout(this.#stop)
    this.#stop = setTimeout(() => this.#histogram.disable(), KEPT_MS)
    this.#stop.unref()
    return quantiles
  }

  /** The histogram holds the time between two samples. */
  #at(quantile: number): number {
    if (this.#histogram.count === 0) return 0
    return Math.max(0, this.#histogram.percentile(quantile * 100) / 1e9 - SAMPLE_MS / 1000)
  }
}
