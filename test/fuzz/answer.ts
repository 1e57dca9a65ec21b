import type { IncomingHttpHeaders } from 'node:http'

/** What came back for a request. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** A watch, of which this is the beginning: it was left after a moment. */
  readonly isPartial: boolean
}
