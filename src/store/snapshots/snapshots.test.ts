import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock as clock } from '../../base/clock.ts'
import { EtcdServer, hasEtcd } from '../../testing/etcd-server.ts'
import { EtcdStore } from '../etcd/etcd-store.ts'
import { KeySpace } from '../etcd/key-space.ts'
import { SqliteStore } from '../sqlite/sqlite-store.ts'
import type { Store } from '../store.ts'
import { asIs } from '../value-codec.ts'
import { restoreDatabase } from './restore-snapshot.ts'
import { saveSnapshot } from './save-snapshot.ts'
import { listSnapshots, nameOf, pruneSnapshots } from './snapshot-directory.ts'
import { verifySnapshot } from './verify-snapshot.ts'

const root = mkdtempSync(join(tmpdir(), 'navarch-snapshots-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** A directory of its own for each test. */
const place = () => {
  const directory = mkdtempSync(join(root, 'test-'))
  return { directory: join(directory, 'snapshots'), file: join(directory, 'state.db') }
}
const bytes = (text: string) => new TextEncoder().encode(text)
const form = { keys: new KeySpace(), codec: asIs }
const options = { clock }

async function contents(store: Store): Promise<Record<string, string>> {
  const { entries } = await store.list('')
  return Object.fromEntries(entries.map(({ key, value }) => [key, new TextDecoder().decode(value)]))
}

/** A database with these keys; answers its revision. */
async function filled(file: string, keys: readonly string[]): Promise<number> {
  await using store = await SqliteStore.open({ file, clock })
  for (const key of keys) await store.put(key, bytes(`value of ${key}`), 0)
  return store.revision()
}

test('a snapshot is made while others write, and has every write acknowledged before', async () => {
  const { directory, file } = place()
  await using store = await SqliteStore.open({ file, clock })
  let isOver = false
  let acknowledged = 1
  const writing = Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !isOver; n++)
        acknowledged = Math.max(acknowledged, await store.put(`/registry/${writer}/${n}`, bytes('x'), 0))
    }),
  )
  while (acknowledged < 1_000) await new Promise(setImmediate)
  const before = acknowledged
  const saved = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  isOver = true
  await writing
  assert.ok(saved.revision >= before, `${saved.revision} is below ${before}`)
  assert.deepEqual(await verifySnapshot(saved.path), { backend: 'sqlite', revision: saved.revision })
  assert.equal(statSync(saved.path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(directory), [nameOf(saved)])

  const other = place()
  await restoreDatabase({ snapshot: saved.path, file: other.file }, form, options)
  await using restored = await SqliteStore.open({ file: other.file, clock })
  const { entries } = await store.list('', { revision: saved.revision })
  assert.deepEqual(
    Object.keys(await contents(restored)),
    entries.map(({ key }) => key),
  )
})

test('a restored state goes on above the revisions of the lost one, and who saw those lists again', async () => {
  const { directory, file } = place()
  await filled(file, ['/registry/a', '/registry/b'])
  const saved = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  const lost = await filled(file, ['/registry/lost'])
  await assert.rejects(restoreDatabase({ snapshot: saved.path, file }, form, options), { name: 'StateExists' })
  const keepAs = `${file}.kept`
  await restoreDatabase({ snapshot: saved.path, file, keepAs }, form, options)
  {
    await using kept = await SqliteStore.open({ file: keepAs, clock })
    assert.equal(Object.keys(await contents(kept)).length, 3)
  }
  await using store = await SqliteStore.open({ file, clock })
  assert.deepEqual(await contents(store), {
    '/registry/a': 'value of /registry/a',
    '/registry/b': 'value of /registry/b',
  })
  assert.equal(store.revision(), lost + 1)
  await assert.rejects(
    store.watch('', lost, () => {}, AbortSignal.timeout(1_000)),
    { name: 'CompactedError' },
  )
  assert.equal(await store.put('/registry/c', bytes('1'), 0), lost + 2)
})

test('restored where nothing is known of the lost state, revisions go on far above the snapshot', async () => {
  const [one, other] = [place(), place()]
  await filled(one.file, ['/registry/a'])
  const { path, revision } = await saveSnapshot({ file: one.file }, { directory: one.directory, label: 'x', clock })
  await restoreDatabase({ snapshot: path, file: other.file, bump: 5_000 }, form, options)
  await using store = await SqliteStore.open({ file: other.file, clock })
  assert.equal(store.revision(), revision + 5_001)
  await store.put('/registry/b', bytes('1'), 0)
  await store.compact(store.revision())
  await store.put('/registry/c', bytes('1'), 0)
  assert.equal(Object.keys(await contents(store)).length, 3)
})

test('a copy that cannot be written is said, and nothing is left of it', async () => {
  const { directory, file } = place()
  await filled(file, ['/registry/a'])
  rmSync(file)
  await assert.rejects(saveSnapshot({ file }, { directory, label: 'manual', clock }), {
    name: 'BackupFailed',
    message: 'the state could not be copied: unable to open database file',
  })
  assert.deepEqual(readdirSync(directory), [])
})

test('a damaged database is replaced by a snapshot and kept as it was', async () => {
  const { directory, file } = place()
  await filled(file, ['/registry/a'])
  const { path } = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  writeFileSync(file, 'no database at all '.repeat(500))
  await assert.rejects(saveSnapshot({ file }, { directory, label: 'bad', clock }))
  await restoreDatabase({ snapshot: path, file, keepAs: `${file}.kept` }, form, options)
  assert.match(readFileSync(`${file}.kept`, 'utf8'), /^no database/)
  await using store = await SqliteStore.open({ file, clock })
  assert.deepEqual(Object.keys(await contents(store)), ['/registry/a'])
  assert.deepEqual(
    listSnapshots(directory).map(({ label }) => label),
    ['manual'],
  )
})

test('a snapshot that is cut off or changed anywhere is refused, and nothing is touched', async () => {
  const { directory, file } = place()
  await filled(file, ['/registry/a'])
  const { path } = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  const whole = readFileSync(path)
  const changed = Buffer.from(whole)
  changed[5_000] = (changed[5_000] ?? 0) ^ 1
  for (const spoiled of [whole.subarray(0, 9_000), whole.subarray(0, -1), changed, Buffer.alloc(0)]) {
    writeFileSync(path, spoiled)
    await assert.rejects(restoreDatabase({ snapshot: path, file, keepAs: `${file}.kept` }, form, options), {
      name: 'SnapshotRefused',
      message: /manual-.*\.sqlite cannot be used: it is not whole, or was changed/,
    })
  }
  assert.ok(!existsSync(`${file}.kept`))
  assert.equal(await filled(file, ['/registry/b']), 3)
})

test('a database in use is not replaced', async () => {
  const { directory, file } = place()
  await using store = await SqliteStore.open({ file, clock })
  await store.put('/registry/a', bytes('1'), 0)
  const { path } = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  await assert.rejects(
    restoreDatabase({ snapshot: path, file, keepAs: `${file}.kept` }, form, options),
    /is in use by another Navarch/,
  )
  await store.put('/registry/b', bytes('1'), 0)
})

test('a replacement that was decided and not finished is finished by whoever opens the database next', async () => {
  const [one, other] = [place(), place()]
  await filled(one.file, ['/registry/new'])
  await filled(other.file, ['/registry/old'])
  writeFileSync(`${other.file}.replacing`, readFileSync(one.file))
  writeFileSync(`${other.file}-wal`, 'of the old one')
  await using store = await SqliteStore.open({ file: other.file, clock })
  assert.deepEqual(Object.keys(await contents(store)), ['/registry/new'])
  assert.ok(!existsSync(`${other.file}.replacing`))
})

test('pruning keeps the newest of a label and leaves other files alone', () => {
  const { directory } = place()
  const at = (label: string, hour: number) =>
    nameOf({ label, time: Date.UTC(2026, 0, 1, hour), revision: hour, backend: 'sqlite' })
  assert.equal(at('manual', 7), 'manual-20260101T070000Z-r7.sqlite')
  assert.deepEqual(pruneSnapshots(directory, 1), [])
  const names = [at('scheduled', 1), at('scheduled', 2), at('manual', 3), at('scheduled', 4), 'notes.txt']
  mkdirWith(directory, names)
  assert.deepEqual(
    pruneSnapshots(directory, 1, 'scheduled').map(({ name }) => name),
    [at('scheduled', 1), at('scheduled', 2)],
  )
  assert.deepEqual(
    listSnapshots(directory).map(({ name }) => name),
    [at('manual', 3), at('scheduled', 4)],
  )
  pruneSnapshots(directory, 0)
  assert.deepEqual(readdirSync(directory), ['notes.txt'])
})

test('what an interrupted save left goes with the next one', async () => {
  const { directory, file } = place()
  await filled(file, ['/registry/a'])
  mkdirWith(directory, ['.unfinished-999999999'])
  const { name } = await saveSnapshot({ file }, { directory, label: 'manual', clock })
  assert.deepEqual(readdirSync(directory), [name])
})

test('etcd: its snapshot is read without etcd and restored into a database', {
  skip: hasEtcd() ? false : 'etcd is not installed: tools/setup --test',
  timeout: 60_000,
}, async () => {
  await using server = await EtcdServer.start()
  await using store = await EtcdStore.open({ servers: [server.url], clock })
  await Promise.all(
    Array.from({ length: 300 }, (_, n) => store.put(`/registry/pods/${n}`, bytes('x'.repeat(n * 20)), 0)),
  )
  for (const { key, revision } of (await store.list('/registry/pods/1')).entries) {
    if (key.endsWith('5')) await store.delete(key, revision)
    else await store.put(key, bytes('again'), revision)
  }
  await store.put('/registry/events/a', bytes('1'), 0, { ttlSeconds: 600 })
  const { directory, file } = place()
  const { path, revision } = await saveSnapshot({ connection: store.connection }, { directory, label: 'manual', clock })
  assert.equal(revision, store.revision())
  assert.deepEqual(await verifySnapshot(path), { backend: 'etcd', revision })
  await restoreDatabase({ snapshot: path, file, bump: 100 }, form, options)
  await using restored = await SqliteStore.open({ file, clock })
  assert.deepEqual(await contents(restored), await contents(store))
  assert.ok(restored.revision() > revision + 100)

  const foreign = { keys: new KeySpace({ to: '/elsewhere/' }), codec: asIs }
  const empty = place()
  await assert.rejects(
    restoreDatabase({ snapshot: path, file: empty.file }, foreign, options),
    /it has no keys below \/elsewhere\//,
  )
  assert.ok(!existsSync(empty.file))
})

function mkdirWith(directory: string, names: readonly string[]): void {
  mkdirSync(directory, { recursive: true })
  for (const name of names) writeFileSync(join(directory, name), '')
}
