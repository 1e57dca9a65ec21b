import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock as clock } from '../../base/clock.ts'
import { storeContract } from '../contract.ts'
import { OutcomeUnknown, type StoreEvent } from '../store.ts'
import { FollowerStore } from './follower-store.ts'
import { Followers } from './followers.ts'
import { SqliteStore } from './sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'navarch-follower-'))
after(() => rmSync(directory, { recursive: true, force: true }))

let opened = 0
storeContract('sqlite, followed', async ({ clock }) => {
  const file = join(directory, `${++opened}.db`)
  const store = await SqliteStore.open({ file, clock })
  const followers = new Followers({ store, file })
  return new LastFollower({ seat: followers.seat(), clock }, async () => {
    followers[Symbol.dispose]()
    await store.close()
  })
})

test('a follower shows what its leader has acknowledged, and tells of it', async () => {
  await using cluster = await leading()
  const { leader, follower } = cluster
  const seen: string[] = []
  const stop = new AbortController()
  const watch = follower.watch('/pods/', follower.revision(), (events) => seen.push(...events.map(asText)), stop.signal)
  const first = await leader.put('/pods/a', bytes('1'), 0)
  assert.equal(follower.revision(), first)
  assert.equal((await follower.get('/pods/a')).entry?.revision, first)
  const second = await follower.put('/pods/a', bytes('2'), first)
  await leader.delete('/pods/a', second)
  await follower.synced()
  assert.deepEqual(seen, ['put /pods/a 1', 'put /pods/a 2', 'delete /pods/a '])
  stop.abort()
  await watch
})

test('followers write beside each other: of two with the same guard one wins', async () => {
  await using cluster = await leading()
  const others = [cluster.follower, new FollowerStore({ seat: cluster.followers.seat(), clock })]
  const tries = others.map((store) => store.put('/pods/a', bytes('1'), 0))
  const outcomes = await Promise.allSettled(tries)
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await others[1]!.close()
})

test('a follower tells of its own puts in order with those of its leader, each once', async () => {
  await using cluster = await leading()
  const { leader, follower } = cluster
  const seen: StoreEvent[] = []
  const stop = new AbortController()
  const watch = follower.watch('/pods/', follower.revision(), (events) => seen.push(...events), stop.signal)
  const first = await follower.put('/pods/own', bytes('own'), 0)
  const writers = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? leader : follower))
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const puts: Promise<number>[] = []
  for (const [index, store] of writers.entries()) {
    puts.push(store.put(`/pods/${index}`, bytes(`${index}`), 0))
    if (index % 7 === 0) await turn()
  }
  await Promise.all(puts)
  await follower.synced()
  assert.deepEqual(
    seen.map(({ revision }) => revision),
    [first, ...writers.map((_, index) => first + index + 1)],
  )
  for (const { key, value, revision } of seen.slice(1)) {
    assert.equal(await puts[Number(key.slice('/pods/'.length))], revision)
    assert.equal(`/pods/${new TextDecoder().decode(value)}`, key)
  }
  stop.abort()
  await watch
})

test('when the leader goes, what waits has an unknown outcome, and the follower is closed', async () => {
  await using cluster = await leading()
  const { leader, follower } = cluster
  const lost = assert.rejects(follower.put('/pods/a', bytes('1'), 0), OutcomeUnknown)
  cluster.followers[Symbol.dispose]()
  await lost
  assert.equal(follower.unhealthy(), 'the store is closed')
  assert.equal(leader.unhealthy(), undefined)
})

const bytes = (text: string) => new TextEncoder().encode(text)
const asText = ({ type, key, value }: StoreEvent) => `${type} ${key} ${new TextDecoder().decode(value)}`

async function leading() {
  const file = join(directory, `${++opened}.db`)
  const leader = await SqliteStore.open({ file, clock })
  const followers = new Followers({ store: leader, file })
  const follower = new FollowerStore({ seat: followers.seat(), clock })
  const close = async () => {
    await follower.close()
    followers[Symbol.dispose]()
    await leader.close()
  }
  return { leader, followers, follower, [Symbol.asyncDispose]: close }
}

/** Closes the store that it follows with itself. */
class LastFollower extends FollowerStore {
  readonly #closeLeader: () => Promise<void>

  constructor(init: ConstructorParameters<typeof FollowerStore>[0], closeLeader: () => Promise<void>) {
    super(init)
    this.#closeLeader = closeLeader
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#closeLeader()
  }
}
