import type { MessagePort } from 'node:worker_threads'

/** What a thread needs to follow the store of this process; goes through `postMessage`, with the port transferred. */
export interface FollowerSeat {
  readonly file: string
  readonly port: MessagePort
  /** One 64-bit number: the newest published revision. Set before a write is acknowledged to anybody. */
  readonly newest: SharedArrayBuffer
}

/** Writes of one turn, in parallel arrays: one message and one buffer for all. */
export interface FollowerWrites {
  readonly type: 'write'
  /** Of the first; the others count on. */
  readonly firstId: number
  readonly keys: string[]
  readonly expected: number[]
  /** 0: never expires. */
  readonly ttlSeconds: number[]
  /** Where the value ends in `bytes`; it begins where the one before ended. Deletions have -1 and no bytes. */
  readonly ends: number[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

export type FollowerRequest =
  | FollowerWrites
  | { readonly type: 'compact'; readonly id: number; readonly revision: number }
  | { readonly type: 'health' }

export type FollowerOutcome =
  | { readonly id: number; readonly revision: number }
  | { readonly id: number; readonly error: FollowerError }

/** An error of Store, taken apart: classes do not survive a message. `revision` is its `actual`, `compacted` or `current`. */
export interface FollowerError {
  readonly name: string
  readonly message: string
  readonly revision?: number
}

export type LeaderMessage =
  /** `newest` has changed; not repeated before the follower has seen it. */
  | { readonly type: 'published' }
  | { readonly type: 'outcomes'; readonly outcomes: readonly FollowerOutcome[] }
  | { readonly type: 'health'; readonly problem: string | undefined }
