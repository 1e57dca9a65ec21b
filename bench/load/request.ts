/** One request of a workload. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly body?: string
  /** The media type of `body`; JSON when absent. */
  readonly type?: string
  /** Header values beyond those that every request has; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the answer's body is wanted, not only its length. */
  readonly keepsBody?: boolean
}

export interface Answer {
  readonly status: number
  readonly bytes: number
  /** Empty unless it was asked for. */
  readonly body: string
}

/** A connection: carries one request after the other, and streams. */
export interface Connection {
  send(request: Request): Promise<Answer>
  /** An answer without an end: each piece as it comes, to look at and not to keep. Rejects on a status other than 200; the result closes it. */
  stream(request: Request, take: (piece: Buffer) => void): Promise<() => void>
  close(): void
}

export const JSON_TYPE = 'application/json'
