/** Of each size, and how many of it are kept free at most: 4 MB. */
const SIZES = [
  { bytes: 4 * 1024, most: 64 },
  { bytes: 24 * 1024, most: 32 },
  { bytes: 96 * 1024, most: 32 },
]

const free = SIZES.map((): Buffer[] => [])

/**
 * Memory of at least `bytes`, with what was in it before. Writes use it again and again: each new block would bring the next
 * collection of all garbage nearer.
 */
export function takeBlock(bytes: number): Buffer {
  const size = SIZES.findIndex((one) => one.bytes >= bytes)
  if (size === -1) return Buffer.allocUnsafeSlow(bytes)
  return free[size]!.pop() ?? Buffer.allocUnsafeSlow(SIZES[size]!.bytes)
}

/** Gives a block back that nobody reads any more. */
export function giveBlock(block: Buffer): void {
  const size = SIZES.findIndex((one) => one.bytes === block.length)
  const blocks = free[size]
  if (blocks && blocks.length < SIZES[size]!.most) blocks.push(block)
}
