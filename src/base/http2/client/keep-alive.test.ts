import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { KeepAlive } from './keep-alive.ts'

function setup() {
  const clock = new FakeClock()
  const peer = { answers: false, isNeeded: true, pings: 0, lost: 0 }
  const keepAlive: KeepAlive = new KeepAlive({
    clock,
    isNeeded: () => peer.isNeeded,
    ping: () => {
      peer.pings++
      if (peer.answers) keepAlive.heard()
    },
    onLost: () => peer.lost++,
  })
  return { clock, peer, keepAlive }
}

test('a silent peer is asked after 10 s and lost 5 s later; then no timer is left', async () => {
  const { clock, peer, keepAlive } = setup()
  keepAlive.begin()
  const seen: number[][] = []
  for (const ms of [9_999, 1, 4_999, 1, 60_000]) {
    await clock.advance(ms)
    seen.push([peer.pings, peer.lost])
  }
  assert.deepEqual(seen, [
    [0, 0],
    [1, 0],
    [1, 0],
    [1, 1],
    [1, 1],
  ])
  assert.equal(clock.pending, 0)
})

test('a peer that answers is asked again after 10 s of silence, and kept', async () => {
  const { clock, peer, keepAlive } = setup()
  peer.answers = true
  keepAlive.begin()
  await clock.advance(65_000)
  assert.deepEqual([peer.pings, peer.lost], [6, 0])
})

test('a peer from which anything comes is not asked', async () => {
  const { clock, peer, keepAlive } = setup()
  keepAlive.begin()
  for (let second = 0; second < 60; second++) {
    keepAlive.heard()
    await clock.advance(1_000)
  }
  assert.deepEqual([peer.pings, peer.lost], [0, 0])
})

test('anything that comes answers a ping', async () => {
  const { clock, peer, keepAlive } = setup()
  keepAlive.begin()
  await clock.advance(14_000)
  keepAlive.heard()
  await clock.advance(9_000)
  assert.deepEqual([peer.pings, peer.lost], [1, 0])
  await clock.advance(1_000)
  assert.equal(peer.pings, 2)
})

test('nobody who waits: nothing is asked, and no timer is set again', async () => {
  const { clock, peer, keepAlive } = setup()
  assert.equal(clock.pending, 0)
  keepAlive.begin()
  keepAlive.begin()
  assert.equal(clock.pending, 1)
  peer.isNeeded = false
  await clock.advance(10_000)
  assert.deepEqual([peer.pings, peer.lost, clock.pending], [0, 0, 0])
})

test('who begins to wait again after a long silence does not find the peer lost', async () => {
  const { clock, peer, keepAlive } = setup()
  keepAlive.begin()
  await clock.advance(12_000) // asked, and not answered
  peer.isNeeded = false
  await clock.advance(60_000)
  peer.isNeeded = true
  keepAlive.begin()
  await clock.advance(9_999)
  assert.deepEqual([peer.pings, peer.lost], [1, 0])
  await clock.advance(1)
  assert.deepEqual([peer.pings, peer.lost], [2, 0])
})

test('the end leaves no timer', () => {
  const { clock, keepAlive } = setup()
  keepAlive.begin()
  keepAlive.end()
  assert.equal(clock.pending, 0)
})
