import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store.ts'
import { Reachability } from './reachability.ts'

const never = <T>(): Promise<T> => new Promise(() => {})

function setup() {
  const clock = new FakeClock()
  const etcd = { answers: true, alarm: undefined as string | undefined, asked: 0 }
  const reachability = new Reachability({
    clock,
    reach: async () => {
      etcd.asked++
      if (!etcd.answers) throw new StoreUnavailable('no majority')
    },
    wellness: async () => {
      if (etcd.alarm) throw new StoreUnavailable(etcd.alarm)
    },
  })
  return { clock, etcd, reachability }
}

test('while all is well nothing is asked, and no timer is left', async () => {
  const { clock, etcd, reachability } = setup()
  assert.equal(await reachability.read(async () => 1), 1)
  assert.equal(await reachability.write(async () => 2), 2)
  assert.deepEqual([reachability.problem, etcd.asked, clock.pending], [undefined, 0, 0])
})

test('a read without an answer is given up when etcd is found not to answer; later ones are refused at once', async () => {
  const { clock, etcd, reachability } = setup()
  etcd.answers = false
  const read = reachability.read(never<void>)
  read.catch(() => {}) // looked at below
  await clock.advance(2_000)
  await assert.rejects(read, { name: 'StoreUnavailable', message: 'no majority' })
  let called = false
  const later = async () => {
    called = true
  }
  await assert.rejects(reachability.read(later), /no majority/)
  await assert.rejects(reachability.write(later), /no majority/)
  assert.deepEqual([called, reachability.problem], [false, 'no majority'])
})

test('a write that was sent is waited for', async () => {
  const { clock, etcd, reachability } = setup()
  const sent = Promise.withResolvers<number>()
  const write = reachability.write(() => sent.promise)
  etcd.answers = false
  await clock.advance(5_000)
  sent.resolve(7)
  assert.equal(await write, 7)
})

test('calls are taken again when etcd answers again', async () => {
  const { clock, etcd, reachability } = setup()
  etcd.answers = false
  reachability.failed(new StoreUnavailable('the link is cut'))
  await clock.advance(3_500)
  etcd.answers = true
  await clock.advance(1_000)
  assert.equal(await reachability.read(async () => 1), 1)
  assert.deepEqual([reachability.problem, clock.pending], [undefined, 0])
})

test('an etcd that takes no writes is still read', async () => {
  const { clock, etcd, reachability } = setup()
  etcd.alarm = 'NOSPACE'
  reachability.failed(new StoreUnavailable('database space exceeded'))
  await clock.advance(5_000)
  assert.equal(await reachability.read(async () => 1), 1)
  assert.equal(reachability.problem, 'NOSPACE')
  etcd.alarm = undefined
  await clock.advance(1_000)
  assert.equal(reachability.problem, undefined)
})

test('one unknown outcome is looked into, and forgotten when etcd is well', async () => {
  const { reachability } = setup()
  reachability.failed(new OutcomeUnknown('the connection broke'))
  assert.equal(reachability.problem, 'the connection broke')
  await settle()
  assert.equal(reachability.problem, undefined)
})

test('a closed one looks no more', async () => {
  const { clock, etcd, reachability } = setup()
  etcd.answers = false
  reachability.look()
  await settle()
  reachability.close()
  await clock.advance(10_000)
  assert.deepEqual([etcd.asked, clock.pending], [1, 0])
})
