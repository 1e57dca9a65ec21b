import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { FrameType, frame } from '../../../base/http2/frame.ts'
import { settle } from '../../../testing/fake-clock.ts'
import { FrameWriter } from './frame-writer.ts'

/** A socket that takes a write when the test says so. */
class SlowSocket extends Duplex {
  /** As they were when they came. */
  readonly writes: Buffer[] = []
  /** The memory that a write lies in, while it is under way. */
  underWay: Buffer | undefined
  #went: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: string, went: () => void): void {
    this.writes.push(Buffer.from(chunk))
    this.underWay = chunk
    this.#went = went
  }

  /** What was written last has gone out; it must not have changed until now. */
  async done(): Promise<void> {
    assert.deepEqual(this.underWay, this.writes.at(-1))
    this.underWay = undefined
    this.#went?.()
    await settle()
  }
}

const HEAD = { type: FrameType.Data, flags: 1, stream: 3 }
const bytes = (text: string) => Buffer.from(text, 'latin1')

function setup() {
  const socket = new SlowSocket()
  let flushes = 0
  const writer = new FrameWriter(socket, () => flushes++)
  return { socket, writer, flushes: () => flushes }
}

test('what is added in one turn is one write, in order, whatever way it is added', async () => {
  const { socket, writer, flushes } = setup()
  writer.add(bytes('made already'))
  writer.addFrame(HEAD, bytes('payload'))
  writer.addText({ ...HEAD, stream: 5 }, 't\xe9xt')
  await Promise.resolve()
  writer.addWritten({ ...HEAD, stream: 7 }, 2, (out, at) => out.fill('w', at, at + 2))
  await settle()
  const expected = Buffer.concat([
    bytes('made already'),
    frame(FrameType.Data, 1, 3, bytes('payload')),
    frame(FrameType.Data, 1, 5, bytes('t\xe9xt')),
    frame(FrameType.Data, 1, 7, bytes('ww')),
  ])
  assert.deepEqual([socket.writes, flushes()], [[expected], 1])
})

test('a write that outgrows its block is still one, in order', async () => {
  const { socket, writer } = setup()
  const all = Array.from({ length: 40 }, (_, n) => Buffer.alloc(n * 80, n))
  for (const payload of all) writer.addFrame(HEAD, payload)
  await settle()
  assert.deepEqual(socket.writes, [Buffer.concat(all.map((payload) => frame(FrameType.Data, 1, 3, payload)))])
})

test('more than a write holds goes out in several, in order, and none of it is copied again and again', async () => {
  const { socket, writer, flushes } = setup()
  const all = Array.from({ length: 2_000 }, (_, n) => Buffer.alloc(10_000, n))
  for (const piece of all) writer.add(piece)
  await settle()
  while (socket.underWay) await socket.done()
  const longest = Math.max(...socket.writes.map(({ length }) => length))
  assert.deepEqual([Buffer.concat(socket.writes).equals(Buffer.concat(all)), longest, flushes()], [true, 270_000, 1])
})

test('memory is not written over before the write that lies in it is done, and is used again then', async () => {
  const { socket, writer } = setup()
  const blocks = new Set<ArrayBufferLike>()
  const sent: Buffer[] = []
  for (let n = 0; n < 20; n++) {
    writer.add(Buffer.alloc(3_000, n))
    await settle() // it is under way
    blocks.add(socket.underWay!.buffer)
    writer.add(Buffer.alloc(3_000, 100 + n))
    await settle() // it waits in the socket
    sent.push(Buffer.alloc(3_000, n), Buffer.alloc(3_000, 100 + n))
    await socket.done()
    blocks.add(socket.underWay!.buffer)
    await socket.done()
  }
  assert.deepEqual(Buffer.concat(socket.writes), Buffer.concat(sent))
  assert.ok(blocks.size <= 3, `${blocks.size} blocks`)
})

test('it is full at 256 KB, and while the socket has more than it likes', async () => {
  const { socket, writer } = setup()
  const seen = [writer.isFull, writer.pendingBytes]
  writer.add(Buffer.alloc(256 * 1024 - 1))
  seen.push(writer.isFull, writer.pendingBytes)
  writer.add(Buffer.alloc(1))
  seen.push(writer.isFull, writer.pendingBytes)
  await settle()
  seen.push(writer.isFull, writer.pendingBytes)
  await socket.done()
  seen.push(writer.isFull, writer.pendingBytes)
  assert.deepEqual(seen, [false, 0, false, 262_143, true, 262_144, true, 262_144, false, 0])
})

test('flush writes at once, and nothing is written twice', async () => {
  const { socket, writer, flushes } = setup()
  writer.add(bytes('now'))
  writer.flush()
  writer.flush()
  await settle()
  assert.deepEqual([socket.writes, flushes()], [[bytes('now')], 1])
})

test('what is added when the socket is gone goes nowhere, without a word', async () => {
  const { socket, writer, flushes } = setup()
  socket.destroy()
  writer.add(bytes('late'))
  await settle()
  assert.deepEqual([socket.writes, flushes(), writer.pendingBytes], [[], 0, 0])
})
