/** A body that is made as it goes out. */
export interface PiecewiseBody {
  /** In bytes. */
  readonly length: number
  /** Whether pieces stay as they are; else each is good until the next is asked for. */
  readonly staysAsIs: boolean
  pieces(): Generator<Uint8Array>
}
