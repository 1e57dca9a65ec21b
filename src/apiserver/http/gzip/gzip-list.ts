import { crc32 } from 'node:zlib'
import { appended } from './crc32-append.ts'
import type { PackedRun } from './packed-runs.ts'

const PIECE_BYTES = 64 * 1024
/** RFC 1952: magic, deflate, no flags, no time, fastest compression, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255])
/** RFC 1951: a stored block says its length in two bytes. */
const MAX_STORED = 0xffff

export interface ListParts {
  /** Before the items, after them, and between each two runs of them. */
  readonly head: Uint8Array
  readonly tail: Uint8Array
  readonly separator: Uint8Array
  readonly runs: Iterable<PackedRun> | AsyncIterable<PackedRun>
}

/**
 * A list as one gzip stream, in pieces. Its runs of items are compressed already, each for itself; what is around them goes
 * uncompressed in stored blocks.
 */
export async function* gzipList({ head, tail, separator, runs }: ListParts): AsyncGenerator<Uint8Array> {
  let crc = crc32(head)
  let length = head.length
  let isFirst = true
  let pieces: Uint8Array[] = [HEADER, ...stored(head, false)]
  let bytes = 0
  for await (const run of runs) {
    if (!isFirst && separator.length > 0) {
      pieces.push(...stored(separator, false))
      crc = crc32(separator, crc)
      length += separator.length
    }
    isFirst = false
    crc = appended(crc, run.crc, run.shift)
    length += run.length
    pieces.push(run.deflated)
    bytes += run.deflated.length
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(pieces)
    pieces = []
    bytes = 0
  }
  yield Buffer.concat([...pieces, ...stored(tail, true), trailer(crc32(tail, crc), length + tail.length)])
}

function stored(text: Uint8Array, isLast: boolean): Uint8Array[] {
  const blocks: Uint8Array[] = []
  for (let start = 0; start < text.length || start === 0; start += MAX_STORED) {
    const part = text.subarray(start, start + MAX_STORED)
    const head = Buffer.alloc(5)
    head[0] = isLast && start + MAX_STORED >= text.length ? 1 : 0
    head.writeUInt16LE(part.length, 1)
    head.writeUInt16LE(part.length ^ 0xffff, 3)
    blocks.push(head, part)
  }
  return blocks
}

function trailer(crc: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(crc, 0)
  bytes.writeUInt32LE(length % 2 ** 32, 4)
  return bytes
}
