import { percentiles, type Tally } from './closed-loop.ts'
import type { Connection } from './request.ts'

const LINE_BREAK = 0x0a
const QUOTE = 0x22
const FIRST_STAMP = performance.timeOrigin - 3_600_000
const STAMP = Buffer.from('"sent":"')

/** Milliseconds since the epoch, to the microsecond, for `data.sent` of an object: comparable between processes. */
export const stamp = (): string => (performance.timeOrigin + performance.now()).toFixed(3)

/** Watches a collection on every connection, and counts events and how long they took from `data.sent` on. */
export class Watchers {
  readonly #latencies: number[] = []
  #events = 0
  #bytes = 0
  #since = performance.now()

  /** From now on: the state there is would be most of what is counted otherwise. */
  async open(connections: readonly Connection[], path: string): Promise<void> {
    const list = await connections[0]?.send({ method: 'GET', path: `${path}?limit=1`, keepsBody: true })
    const revision = /"resourceVersion":"(\d+)"/.exec(list?.body ?? '')?.[1]
    const request = { method: 'GET', path: `${path}?watch=1&allowWatchBookmarks=true&resourceVersion=${revision}` }
    await Promise.all(connections.map((connection) => connection.stream(request, (piece) => this.#take(piece))))
  }

  /** Forgets what has been counted. */
  reset(): void {
    this.#latencies.length = 0
    this.#events = 0
    this.#bytes = 0
    this.#since = performance.now()
  }

  tally(): Tally {
    const seconds = (performance.now() - this.#since) / 1000
    return { count: this.#events, seconds, bytes: this.#bytes, failures: {}, ...percentiles(this.#latencies) }
  }

  #take(piece: Buffer): void {
    this.#bytes += piece.length
    for (let at = piece.indexOf(LINE_BREAK); at !== -1; at = piece.indexOf(LINE_BREAK, at + 1)) this.#events++
    const at = piece.indexOf(STAMP) // the first event of a piece has waited longest
    if (at === -1) return
    const sent = Number(piece.toString('latin1', at + STAMP.length, piece.indexOf(QUOTE, at + STAMP.length)))
    if (sent > FIRST_STAMP) this.#latencies.push(performance.timeOrigin + performance.now() - sent) // whole, not cut off
  }
}
