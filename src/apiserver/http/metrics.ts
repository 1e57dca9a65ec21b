import type { Registry } from 'prom-client'
import { type Delays, LoopDelay } from './loop-delay.ts'

const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

/** What a request counts under. */
export interface RequestLabels {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly scope: '' | 'cluster' | 'namespace' | 'resource'
}

/** A feature that can be switched, e.g. of stage ALPHA; stable ones have an empty stage. */
export interface FeatureState {
  readonly name: string
  readonly stage: string
  readonly enabled: boolean
}

interface Series {
  readonly labels: RequestLabels
  readonly codes: Map<number, number>
  readonly buckets: number[]
  sum: number
  count: number
}

/**
 * The API server's own metrics under upstream's names. Counted in plain arrays on the request's path; prom-client is loaded
 * and filled only when somebody asks for /metrics.
 */
export class ApiMetrics {
  readonly #series = new Map<string, Series>()
  readonly #delay = new LoopDelay()
  readonly #features: readonly FeatureState[]
  readonly #pastBytes: () => number
  #process: Promise<Registry> | undefined
  #inFlight = 0

  constructor(features: readonly FeatureState[] = [], pastBytes: () => number = () => 0) {
    this.#features = features
    this.#pastBytes = pastBytes
  }

  /** Counts a request that begins. */
  begin(): void {
    this.#inFlight++
  }

  /** Counts one that has begun as over. */
  end(): void {
    this.#inFlight--
  }

  inFlight(): number {
    return this.#inFlight
  }

  observe(labels: RequestLabels, code: number, seconds: number): void {
    const key = `${labels.verb} ${labels.group} ${labels.version} ${labels.resource} ${labels.subresource} ${labels.scope}`
    let series = this.#series.get(key)
    if (!series) {
      series = { labels, codes: new Map(), buckets: DURATION_BUCKETS.map(() => 0), sum: 0, count: 0 }
      this.#series.set(key, series)
    }
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
    series.sum += seconds
    series.count++
    for (let index = DURATION_BUCKETS.length - 1; index >= 0 && seconds <= DURATION_BUCKETS[index]!; index--) {
      series.buckets[index]!++
    }
  }

  /** The text of GET /metrics (Prometheus exposition format). */
  async text(): Promise<string> {
    this.#process ??= processMetrics()
    const process = await this.#process
    return `${await process.metrics()}${this.#ownText()}`
  }

  #ownText(): string {
    const all = [...this.#series.values()]
    return [
      ...head('apiserver_request_total', 'counter', 'Counter of apiserver requests by verb, resource and code.'),
      ...all.flatMap(({ labels, codes }) =>
        [...codes].map(([code, count]) => `apiserver_request_total{${text(labels)},code="${code}"} ${count}`),
      ),
      ...head('apiserver_request_duration_seconds', 'histogram', 'Response latency in seconds.'),
      ...all.flatMap(durationLines),
      ...head('apiserver_current_inflight_requests', 'gauge', 'Requests being carried out, watches included.'),
      `apiserver_current_inflight_requests ${this.#inFlight}`,
      ...head('kubernetes_feature_enabled', 'gauge', 'Whether a feature is on: 1, or off: 0.'),
      ...this.#features.map(
        ({ name, stage, enabled }) => `kubernetes_feature_enabled{name="${name}",stage="${stage}"} ${enabled ? 1 : 0}`,
      ),
      ...head('navarch_watch_cache_past_bytes', 'gauge', 'What is kept of the past for watches to come back to.'),
      `navarch_watch_cache_past_bytes ${this.#pastBytes()}`,
      ...delayLines(this.#delay.take()),
      '',
    ].join('\n')
  }
}

const DELAY = 'navarch_event_loop_delay_seconds'
const COLLECTION = 'navarch_longest_major_collection_seconds'

const delayLines = ({ quantiles, longestCollection }: Delays): string[] => [
  ...head(DELAY, 'summary', 'Delay of the event loop since the last scrape, without major collections of garbage.'),
  ...quantiles.map(([quantile, seconds]) => `${DELAY}{quantile="${quantile}"} ${seconds}`),
  ...head(COLLECTION, 'gauge', 'The longest of the major collections of garbage since the last scrape.'),
  `${COLLECTION} ${longestCollection}`,
]

/** Once for a process: these observe it, each collection of them anew and for good. */
async function processMetrics(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

const head = (name: string, type: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]

const text = (labels: RequestLabels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')

function durationLines({ labels, buckets, sum, count }: Series): string[] {
  const name = 'apiserver_request_duration_seconds'
  return [
    ...buckets.map((value, index) => `${name}_bucket{${text(labels)},le="${DURATION_BUCKETS[index]}"} ${value}`),
    `${name}_bucket{${text(labels)},le="+Inf"} ${count}`,
    `${name}_sum{${text(labels)}} ${sum}`,
    `${name}_count{${text(labels)}} ${count}`,
  ]
}
