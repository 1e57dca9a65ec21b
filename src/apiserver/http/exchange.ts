import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Body } from './body.ts'
import type { SharedChunk } from './shared-chunk.ts'

export type ResponseHeaders = Record<string, string | string[] | number>

/** One request and its answer, whatever version of HTTP it came by. The answer is given once. */
export interface Exchange {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly socket: TLSSocket
  /** Aborts when the client has gone before the answer was complete. */
  readonly signal: AbortSignal
  /** Whether a body may come; it may still be empty. */
  readonly hasBody: boolean
  /** The body as it comes, for who passes it on; instead of `body`. */
  readonly incoming: Readable
  /** The whole body; throws BodyTooLarge beyond `limit` bytes, ClientGone when it does not come to its end. */
  body(limit: number): Promise<Uint8Array> | Uint8Array
  /** Whether the answer has begun: then it cannot become another. */
  readonly isAnswered: boolean
  /** Answers in one piece. */
  respond(status: number, headers: ResponseHeaders, body: Body): void
  /** Answers piece by piece. */
  stream(status: number, headers: ResponseHeaders): ResponseStream
}

export interface ResponseStream {
  write(chunk: Uint8Array | string): void
  /** Writes what other answers get as well. */
  writeShared(chunk: SharedChunk): void
  /** Writes and resolves when the bytes may be written over; to false when they have not gone out and none will. */
  send(chunk: Uint8Array): Promise<boolean>
  /** Bytes written that the client has not taken yet. */
  pendingBytes(): number
  /** Resolves when the client has taken what was written, or has gone. */
  drained(): Promise<void>
  /** Calls `gone` when the client has gone before the end: for answers that last, at the cost of a listener. Call it once. */
  whenGone(gone: () => void): void
  end(): void
  /** Breaks the answer off, so that the client notices that it is not complete. */
  destroy(): void
}

/** An answer that goes on when its request has been dealt with. */
export interface Lasting {
  /** Calls `ended` when it is over. Call it once. */
  whenEnded(ended: () => void): void
}

export class BodyTooLarge extends Error {}
export class ClientGone extends Error {}
