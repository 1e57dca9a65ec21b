/** A body that is made as it goes out. */
export interface PiecewiseBody {
  /** In bytes. */
  readonly length: number
  /** Each is good until the next is asked for. */
  pieces(): Generator<Uint8Array>
}
