import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { Flag, FrameType, frame, MAX_WINDOW, numberFrame, Setting, settingsFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { settleUntil } from '../../../testing/fake-clock.ts'
import type { RawPeer } from '../../../testing/http2-peer.ts'
import { HELLO, type ServedHttp2, serveHttp2 } from '../../../testing/http2-served.ts'
import { randomNumbers } from '../../../testing/random-object.ts'
import type { Exchange } from '../exchange.ts'

const ROUNDS = 150

/** Frames and bytes by chance, the same for the same seed. */
class Noise {
  readonly #next: () => number
  #opened = 1

  constructor(seed: number) {
    this.#next = randomNumbers(seed)
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(most + 1) }, () => this.below(256)))
  }

  /** Most make sense, so that the connection lives for some of them. */
  frames(): Buffer[] {
    const frames = Array.from({ length: this.below(60) }, () => (this.below(40) === 0 ? this.#odd() : this.#good()))
    return [frame(FrameType.Headers, Flag.EndHeaders, 1, this.#header()), ...frames]
  }

  /** One that was opened; the first is from the beginning. */
  #stream(): number {
    return 1 + 2 * this.below(this.#opened)
  }

  #header(): Buffer {
    const length = this.pick(['', '', '10', '3'])
    return encodeHeaders({
      ':method': this.pick(['GET', 'POST', 'HEAD']),
      ':scheme': 'https',
      ':path': `/${this.below(8)}`,
      ...(length && { 'content-length': length }),
      ...(this.below(10) === 0 && { Bad: 'x' }),
    })
  }

  #good(): Buffer {
    const end = this.below(3) === 0 ? Flag.EndStream : 0
    const stream = this.#stream()
    switch (this.below(9)) {
      case 0:
      case 1:
      case 2:
        return this.#headers(this.below(8) === 0 ? stream : 1 + 2 * this.#opened++, end)
      case 3:
        return frame(FrameType.Data, end, stream, this.bytes(this.pick([0, 10, 5_000])))
      case 4:
        return numberFrame(FrameType.WindowUpdate, this.pick([0, stream]), 1 + this.below(100_000))
      case 5:
        return numberFrame(FrameType.RstStream, stream, this.below(14))
      case 6:
        return this.#settings()
      case 7:
        return frame(FrameType.Ping, this.pick([0, Flag.Ack]), 0, Buffer.alloc(8, 'p'))
      default:
        return frame(this.pick([FrameType.Priority, 0x77 as FrameType]), 0, stream, Buffer.alloc(5))
    }
  }

  #settings(): Buffer {
    const [setting, value] = [1 + this.below(7), this.pick([0, 1, 100, 65_535, 1_000_000])]
    return settingsFrame(isWithinBounds(setting, value) ? [[setting, value]] : [])
  }

  /** In one frame, or in two. */
  #headers(stream: number, end: number): Buffer {
    const block = this.#header()
    if (this.below(4) > 0) return frame(FrameType.Headers, Flag.EndHeaders | end, stream, block)
    const cut = this.below(block.length)
    return Buffer.concat([
      frame(FrameType.Headers, end, stream, block.subarray(0, cut)),
      frame(FrameType.Continuation, Flag.EndHeaders, stream, block.subarray(cut)),
    ])
  }

  #odd(): Buffer {
    const stream = this.pick([0, 2, this.#stream(), MAX_WINDOW])
    if (this.below(2)) return frame(this.below(11) as FrameType, this.below(256), stream, this.bytes(20))
    return numberFrame(this.pick([FrameType.WindowUpdate, FrameType.RstStream]), stream, this.pick([0, MAX_WINDOW]))
  }
}

/** Whether any client may set that. */
const isWithinBounds = (setting: number, value: number): boolean =>
  (setting !== Setting.EnablePush || value <= 1) && (setting !== Setting.MaxFrameSize || value > 16_384)

/** Deals with requests in all the ways that there are, by their path. */
async function play(exchange: Exchange): Promise<void> {
  switch (exchange.url) {
    case '/0':
      return exchange.respond(200, {}, 'small')
    case '/1':
      return exchange.respond(200, { long: 'x'.repeat(20_000) }, Buffer.alloc(100_000))
    case '/2': {
      const body = await exchange.body(1_000)
      return exchange.respond(200, {}, body)
    }
    case '/3':
      return void exchange.incoming.resume()
    case '/4': {
      const answer = exchange.stream(200, {})
      for (let n = 0; n < 5 && (await answer.send(Buffer.alloc(10_000))); n++) await answer.drained()
      return answer.end()
    }
    case '/5': {
      const answer = exchange.stream(200, {})
      answer.write('half')
      return answer.destroy()
    }
    case '/6':
      return void exchange.incoming // and never looked at again
  }
}

/** `unanswered`: those requests that are left waiting. */
async function setup() {
  const unanswered: Exchange[] = []
  const served = await serveHttp2((exchange) => {
    play(exchange).catch(() => {}) // the body is too large, or its client has gone
    if (exchange.url === '/7') unanswered.push(exchange)
  })
  const neighbour = await served.raw()
  return { served, neighbour, unanswered, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

interface Ends {
  readonly peer: RawPeer
  /** The server's. */
  readonly socket: Socket
}

async function connect({ served }: { readonly served: ServedHttp2 }, hello?: Buffer): Promise<Ends> {
  const peer = await served.raw(hello)
  return { peer, socket: served.sockets.at(-1)! }
}

/** What became of a client: it is still answered, or it was told farewell, which it may not have read. */
async function outcome({ peer, socket }: Ends): Promise<string> {
  if (await peer.taken()) return 'goes on'
  return socket.writableEnded ? 'farewell' : 'nothing'
}

const isGone = (served: ServedHttp2): boolean => served.sockets.slice(1).every(({ closed }) => closed)

test('frames by chance: a client is answered on or told farewell, and its neighbour notices nothing', async () => {
  await using pair = await setup()
  const seen: Record<string, number> = { 'goes on': 0, farewell: 0 }
  for (let seed = 0; seed < ROUNDS; seed++) {
    const ends = await connect(pair)
    for (const piece of new Noise(seed).frames()) ends.peer.send(piece)
    const what = await outcome(ends)
    assert.ok(what in seen, `seed ${seed}: ${what}`)
    seen[what]!++
    assert.equal(await pair.neighbour.taken(), true, `seed ${seed}`)
    ends.peer.socket.destroy()
  }
  await settleUntil(() => isGone(pair.served))
  assert.deepEqual([pair.served.faults, pair.unanswered.every(({ signal }) => signal.aborted)], [[], true])
  assert.ok(Math.min(...Object.values(seen)) > 30, `too one-sided to say anything: ${JSON.stringify(seen)}`)
})

test('bytes by chance, and frames with some bytes changed: the same', async () => {
  await using pair = await setup()
  for (let seed = 0; seed < ROUNDS; seed++) {
    const noise = new Noise(1_000 + seed)
    const bytes = Buffer.concat([HELLO, ...noise.frames()])
    for (let n = 0; n < 3; n++) bytes[noise.below(bytes.length)] = noise.below(256)
    const peer = await pair.served.raw(seed % 3 === 0 ? Buffer.concat([HELLO, noise.bytes(2_000)]) : bytes)
    peer.socket.end() // the end of a frame may never come
    await peer.closed
    assert.equal(await pair.neighbour.taken(), true, `seed ${seed}`)
  }
  await settleUntil(() => isGone(pair.served))
  assert.deepEqual([pair.served.faults, pair.unanswered.every(({ signal }) => signal.aborted)], [[], true])
})

test('frames by chance in pieces by chance: what is answered does not depend on where they are cut', async () => {
  await using pair = await setup()
  for (let seed = 0; seed < 30; seed++) {
    const noise = new Noise(2_000 + seed)
    const bytes = Buffer.concat(noise.frames())
    const [whole, cut] = [await connect(pair), await connect(pair)]
    whole.peer.send(bytes)
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + noise.below(2_000)
      cut.peer.send(bytes.subarray(at, end))
      await new Promise((turn) => setImmediate(turn))
      at = end
    }
    assert.equal(await outcome(cut), await outcome(whole), `seed ${seed}`)
    for (const { peer } of [whole, cut]) peer.socket.destroy()
  }
  assert.deepEqual(pair.served.faults, [])
})
