import type { Api } from '../e2e/harness/api.ts'

/** What a server says of itself in /metrics. */
export interface Vitals {
  readonly residentBytes: number
  readonly heapUsedBytes: number
  /** The past that watches may come back to, which is bounded by itself. */
  readonly pastBytes: number
  readonly openFiles: number
  readonly activeHandles: number
  readonly inFlight: number
  /** The longest delay of the event loop since the last look. */
  readonly loopDelayMs: number
}

const NAMES: Readonly<Record<keyof Vitals, string>> = {
  residentBytes: 'process_resident_memory_bytes',
  heapUsedBytes: 'nodejs_heap_size_used_bytes',
  pastBytes: 'navarch_watch_cache_past_bytes',
  openFiles: 'process_open_fds',
  activeHandles: 'nodejs_active_handles_total',
  inFlight: 'apiserver_current_inflight_requests',
  loopDelayMs: 'nodejs_eventloop_lag_max_seconds',
}

/** Throws when the server does not answer. */
export async function vitalsOf(api: Api): Promise<Vitals> {
  const { status, text } = await api.send({ path: '/metrics' })
  if (status !== 200) throw new Error(`/metrics was answered with ${status}`)
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  const values = Object.entries(NAMES).map(([field, name]) => [field, metric(name)] as const)
  const { loopDelayMs, ...rest } = Object.fromEntries(values) as unknown as Vitals
  return { ...rest, loopDelayMs: loopDelayMs * 1000 }
}
