/** What the main thread sends to the writer's thread; each message gets exactly one reply, in the same order. */
export type WriterRequest =
  | { readonly type: 'open'; readonly file: string; readonly maxBytes?: number }
  | ({ readonly type: 'commit' } & WriteBatch)
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'probe' }
  | { readonly type: 'close' }

/** Writes that are committed together, in parallel arrays: one message and one buffer for many requests. */
export interface WriteBatch {
  readonly keys: string[]
  /** The revision that the key must have. */
  readonly expected: number[]
  /** When the key expires, in ms since the epoch; 0: never. */
  readonly expires: number[]
  /** Where the value ends in `bytes`; it begins where the one before ended. Deletions have -1 and no bytes. */
  readonly ends: number[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What became of each write of a batch. */
export interface BatchOutcome {
  /** The write's revision, 0 when its guard did not hold. */
  readonly revisions: number[]
  /** The key's revision before: of a refused write, what its guard met; 0 when the key did not exist. */
  readonly previous: number[]
}

export interface OpenedState {
  readonly revision: number
  readonly compacted: number
}

export type WriterReply =
  | ({ readonly type: 'opened' } & OpenedState)
  | ({ readonly type: 'committed' } & BatchOutcome)
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly name: string; readonly message: string }
