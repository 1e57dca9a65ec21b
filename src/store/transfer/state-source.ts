/** A state as of one revision, read once from beginning to end. */
export interface StateSource extends AsyncDisposable {
  /** The revision that the state was at. */
  readonly revision: number
  /** How many entries there are. */
  readonly count: number
  entries(): AsyncIterable<StateEntry>
}

export interface StateEntry {
  readonly key: string
  readonly value: Uint8Array
  /** When the key expires, in ms since the epoch; absent: never. */
  readonly expires?: number
}
