import type { Answer, Connection, Request } from './request.ts'
import type { Requests } from './workload.ts'

/** What came of requests sent in turn on every connection. */
export interface Tally {
  readonly count: number
  readonly seconds: number
  readonly bytes: number
  readonly medianMs: number
  readonly p99Ms: number
  /** Answers that were no success, by status. */
  readonly failures: Readonly<Record<number, number>>
}

export interface ClosedLoop {
  readonly connections: readonly Connection[]
  /** Without it until the requests end. */
  readonly seconds?: number
  open(): Requests
}

/** Sends on every connection, the next request when the answer to the last is complete. */
export async function closedLoop({
  connections,
  seconds = Number.POSITIVE_INFINITY,
  open,
}: ClosedLoop): Promise<Tally> {
  const latencies: number[] = []
  const failures: Record<number, number> = {}
  let index = 0
  let bytes = 0
  const start = performance.now()
  const end = start + seconds * 1000
  const note = (answer: Answer, sentAt: number): void => {
    latencies.push(performance.now() - sentAt)
    bytes += answer.bytes
    if (answer.status >= 300) failures[answer.status] = (failures[answer.status] ?? 0) + 1
  }
  const work = async (connection: Connection): Promise<void> => {
    const next = open()
    let last: Answer | undefined
    while (performance.now() < end) {
      const request: Request | undefined = next(index++, last)
      if (!request) return
      const sentAt = performance.now()
      last = await connection.send(request)
      note(last, sentAt)
    }
  }
  await Promise.all(connections.map(work))
  const elapsed = (performance.now() - start) / 1000
  return { count: latencies.length, seconds: elapsed, bytes, failures, ...percentiles(latencies) }
}

export function percentiles(latenciesMs: number[]): { medianMs: number; p99Ms: number } {
  const sorted = Float64Array.from(latenciesMs).sort()
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  return { medianMs: at(0.5), p99Ms: at(0.99) }
}
