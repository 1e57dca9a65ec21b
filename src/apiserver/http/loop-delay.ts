import { constants, type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks'

const SAMPLE_MS = 20
const QUANTILES = [0.5, 0.99, 0.999] as const
/** An idle server has no work: sampling ends when nobody has asked for this long. */
const KEPT_MS = 90_000
const MAX_COLLECTIONS = 1_000

export interface Delays {
  /** In seconds; zeros at the first question. */
  readonly quantiles: readonly (readonly [quantile: number, seconds: number])[]
  /** The longest of V8's major collections, which the quantiles leave out: they stop everything, whatever the work is. */
  readonly longestCollection: number
}

/** From `from` on, ended `late` milliseconds after it should have. */
interface Sample {
  readonly from: number
  readonly to: number
  late: number
}

/** As Node.js documents entries of type `gc`. */
type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } }

interface Collection {
  readonly at: number
  readonly ms: number
}

/** How late the event loop is. Measured from one question to the next, as long as there are questions. */
export class LoopDelay {
  readonly #observer = new PerformanceObserver((list) => this.#note(list.getEntries()))
  #samples: Sample[] = []
  #collections: Collection[] = []
  #last = 0
  #sampling: NodeJS.Timeout | undefined
  #stop: NodeJS.Timeout | undefined

  /** Since the last call. */
  take(): Delays {
    this.#note(this.#observer.takeRecords())
    const [samples, collections] = [this.#samples, this.#collections]
    this.#samples = []
    this.#collections = []
    this.#goOn()
    for (const { at, ms } of collections) {
      const sample = samples.find(({ from, to }) => at >= from && at < to)
      if (sample) sample.late = Math.max(0, sample.late - ms)
    }
    const delays = samples.map(({ late }) => late).sort((left, right) => left - right)
    return {
      quantiles: QUANTILES.map((quantile) => [quantile, (delays[Math.floor(delays.length * quantile)] ?? 0) / 1_000]),
      longestCollection: Math.max(0, ...collections.map(({ ms }) => ms)) / 1_000,
    }
  }

  #goOn(): void {
    if (!this.#sampling) {
      this.#observer.observe({ entryTypes: ['gc'] })
      this.#last = performance.now()
      this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS).unref()
    }
    clearTimeout(this.#stop)
    this.#stop = setTimeout(() => this.#end(), KEPT_MS).unref()
  }

  #end(): void {
    clearInterval(this.#sampling)
    this.#sampling = undefined
    this.#observer.disconnect()
    this.#samples = []
    this.#collections = []
  }

  #sample(): void {
    const now = performance.now()
    this.#samples.push({ from: this.#last, to: now, late: Math.max(0, now - this.#last - SAMPLE_MS) })
    this.#last = now
  }

  #note(entries: readonly PerformanceEntry[]): void {
    for (const { startTime, duration, detail } of entries as readonly GcEntry[]) {
      if (detail.kind !== constants.NODE_PERFORMANCE_GC_MAJOR || this.#collections.length === MAX_COLLECTIONS) continue
      this.#collections.push({ at: startTime, ms: duration })
    }
  }
}
