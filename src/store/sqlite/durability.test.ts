import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '../../base/clock.ts'
import { StoreUnavailable } from '../store.ts'
import { openDatabase, requireUsable } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'navarch-durability-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const open = (file: string, options: { maxBytes?: number; maxQueuedWrites?: number; clock?: Clock } = {}) =>
  SqliteStore.open({ file, clock: systemClock, ...options })
/** Timers that fire when the test calls them. */
const collectInto =
  (timers: (() => void)[]): Clock['after'] =>
  (_ms, fire) => {
    timers.push(fire)
    return () => {}
  }
const bytes = (size: number) => new Uint8Array(size).fill(0x61)

const WRITER = fileURLToPath(new URL('./endless-writer.ts', import.meta.url))

/** Runs the writer until it has acknowledged `count` writes, then kills it. */
async function writeUntilKilled(file: string, count: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged = new Map<string, number>()
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [key, revision] = line.split(' ')
    if (revision === undefined) continue
    acknowledged.set(key!, Number(revision))
    if (++seen === count) child.kill('SIGKILL')
  }
  assert.ok(seen >= count, `the writer ended by itself after ${seen} writes`)
  return acknowledged
}

test('no acknowledged write is lost by kill -9, and revisions go on without a gap', { timeout: 60_000 }, async () => {
  const file = join(directory, 'killed.db')
  for (let round = 0; round < 3; round++) {
    const acknowledged = await writeUntilKilled(file, 2_000)
    await using store = await open(file)
    for (const [key, revision] of acknowledged) {
      const { entry } = await store.get(key)
      assert.ok(entry && entry.revision >= revision, `${key} is at ${entry?.revision}, acknowledged was ${revision}`)
    }
    const revisions: number[] = []
    const stop = new AbortController()
    const from = Math.max(1, store.revision() - 1_000)
    await store.watch(
      '',
      from,
      (events, progress) => {
        revisions.push(...events.map(({ revision }) => revision))
        if (progress === store.revision()) stop.abort()
      },
      stop.signal,
    )
    assert.deepEqual(
      revisions,
      Array.from({ length: store.revision() - from }, (_, index) => from + 1 + index),
    )
  }
})

test('a commit is synced before it is acknowledged', () => {
  using database = openDatabase(join(directory, 'synced.db'))
  const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  assert.deepEqual([setting('journal_mode'), setting('synchronous')], ['wal', 2]) // FULL: sqlite.org/pragma.html
})

test('what was written is there after a restart: entries, history, compaction and what expires', async () => {
  const file = join(directory, 'restart.db')
  const due: (() => void)[] = []
  let now = 1_000_000
  const clock: Clock = { ...systemClock, now: () => now, after: collectInto(due) }
  {
    await using store = await open(file, { clock })
    await store.put('/a', bytes(1), 0)
    await store.put('/a', bytes(2), 2)
    await store.put('/expires', bytes(3), 0, { ttlSeconds: 60 })
    await store.put('/deleted', bytes(3), 0)
    await store.compact(await store.delete('/deleted', 5))
  }
  due.length = 0
  await using store = await open(file, { clock })
  assert.equal(store.revision(), 6)
  assert.deepEqual(
    (await store.list('/')).entries.map(({ key, revision }) => [key, revision]),
    [
      ['/a', 3],
      ['/expires', 4],
    ],
  )
  await assert.rejects(store.list('/', { revision: 5 }), { name: 'CompactedError', compacted: 6 })
  assert.equal(due.length, 1)
  now += 60_000
  due[0]!()
  while (store.revision() < 7) await nextTurn()
  assert.equal((await store.get('/expires')).entry, undefined)
})

test('compaction frees the space of what it made superfluous', async () => {
  const file = join(directory, 'compacted.db')
  await using store = await open(file)
  for (let round = 0, revisions = new Array<number>(200).fill(0); round < 10; round++) {
    revisions = await Promise.all(revisions.map((revision, n) => store.put(`/${n}`, bytes(100), revision)))
  }
  await Promise.all((await store.list('/1')).entries.map(({ key, revision }) => store.delete(key, revision)))
  await store.compact(store.revision())
  using database = new DatabaseSync(file, { readOnly: true })
  const left = () => (database.prepare('SELECT count(*) AS left FROM log').get() as { left: number }).left
  while (left() > 91) await nextTurn()
  assert.equal(left(), 91) // 89 live keys, and the newest entry with the one before it: the counter is read from it
  assert.equal((await store.list('/')).entries.length, 89)
})

test('a damaged file is refused by name with the remedy, and left as it is', async () => {
  const garbage = join(directory, 'garbage.db')
  writeFileSync(garbage, 'no database at all '.repeat(500))
  const before = readFileSync(garbage)
  await assert.rejects(open(garbage), (error: Error) => {
    assert.equal(error.name, 'DatabaseRefused')
    assert.match(
      error.message,
      /^the database .*garbage\.db is damaged \(.*\): 'navarch snapshot restore FILE --force' puts a snapshot in its place and keeps it$/,
    )
    return true
  })
  assert.deepEqual(readFileSync(garbage), before)

  const torn = join(directory, 'torn.db')
  {
    await using store = await open(torn)
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.put(`/${n}`, bytes(500), 0)))
  }
  const whole = readFileSync(torn)
  whole.fill(0xff, 3 * 4096, 6 * 4096)
  writeFileSync(torn, whole)
  await assert.rejects(open(torn), /torn\.db is damaged/)
  assert.deepEqual(readFileSync(torn), whole)
})

test('a large file is looked through in part: damage to the keys is found, damage to a value is not', async () => {
  const [file, values, keys] = ['large', 'large-values', 'large-keys'].map((name) => join(directory, `${name}.db`))
  {
    await using store = await open(file!)
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.put(`/${n}`, bytes(500), 0)))
  }
  const pages = new Map<string, number>()
  {
    using database = new DatabaseSync(file!, { readOnly: true })
    for (const name of ['keys', 'log']) {
      const row = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)
      pages.set(name, Number(row?.rootpage))
    }
  }
  for (const [copy, table] of [
    [values!, 'log'],
    [keys!, 'keys'],
  ] as const) {
    const whole = readFileSync(file!)
    const start = ((pages.get(table) ?? 0) - 1) * 4096
    writeFileSync(copy, whole.fill(0xff, start, start + 4096))
    assert.throws(() => requireUsable(copy), { name: 'DatabaseRefused' })
  }
  requireUsable(values!, { partAboveBytes: 1 })
  assert.throws(() => requireUsable(keys!, { partAboveBytes: 1 }), /large-keys\.db is damaged/)
})

test('damage that a read meets is said with the remedy, and the store is not healthy any more', async () => {
  const file = join(directory, 'damaged-later.db')
  {
    await using store = await open(file)
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.put(`/${n}`, bytes(500), 0)))
  }
  await using store = await open(file)
  const whole = readFileSync(file)
  writeFileSync(file, whole.fill(0xff, 20 * 4096))
  const says = /damaged-later\.db is damaged \(.*\): 'navarch snapshot restore FILE --force'/
  await assert.rejects(store.list('/'), (error: Error) => error instanceof StoreUnavailable && says.test(error.message))
  assert.match(store.unhealthy() ?? '', says)
})

test('a database of another program or of a newer format is refused', async () => {
  const other = join(directory, 'other.db')
  new DatabaseSync(other).exec('CREATE TABLE notes (text TEXT)')
  await assert.rejects(open(other), /other\.db is a database of another program/)

  const newer = join(directory, 'newer.db')
  await (await open(newer)).close()
  const database = new DatabaseSync(newer)
  database.exec('PRAGMA user_version = 99')
  database.close()
  await assert.rejects(open(newer), /newer\.db was written by a newer Navarch \(format 99; this one knows up to 3\)/)
})

test('an older format is migrated step by step', () => {
  const file = join(directory, 'old.db')
  const first = (database: DatabaseSync) => database.exec('CREATE TABLE things (name TEXT)')
  const second = (database: DatabaseSync) => database.exec('ALTER TABLE things ADD COLUMN size INTEGER')
  openDatabase(file, [first]).close()
  using database = openDatabase(file, [first, second])
  assert.equal(database.prepare(`SELECT count(*) AS n FROM pragma_table_info('things')`).get()?.n, 2)
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 2)
})

/** What a Navarch of format 1 left behind. */
const FORMAT_1 = `
  CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, previous INTEGER NOT NULL, value BLOB);
  CREATE TABLE keys (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
  CREATE INDEX keys_by_expiry ON keys (expires) WHERE expires IS NOT NULL;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('compacted', 0), ('swept', 0);
  INSERT INTO log VALUES
    (2, '/registry/resource.k8s.io/deviceclasses/a', 2, 0, x'61'),
    (3, '/registry/pods/default/a', 3, 0, x'61'),
    (4, '/registry/internal.apiserver.k8s.io/storageversions/b', 4, 0, x'61'),
    (5, '/registry/resource.k8s.io/deviceclasses/a', 0, 2, NULL);
  INSERT INTO keys VALUES
    ('/registry/resource.k8s.io/deviceclasses/a', 5, 0, NULL),
    ('/registry/pods/default/a', 3, 3, NULL),
    ('/registry/internal.apiserver.k8s.io/storageversions/b', 4, 4, NULL);
  PRAGMA application_id = 0x4e565243;
  PRAGMA user_version = 1;`

test('a file of format 1 is migrated to the newest: keys are where upstream has them', async () => {
  const file = join(directory, 'format-1.db')
  const old = new DatabaseSync(file)
  old.exec(FORMAT_1)
  old.close()
  await using store = await open(file)
  const keysAt = async (revision: number) =>
    (await store.list('/registry/', { revision })).entries.map(({ key }) => key)
  assert.deepEqual(await keysAt(5), ['/registry/pods/default/a', '/registry/storageversions/b'])
  assert.deepEqual(await keysAt(2), ['/registry/deviceclasses/a'])
  assert.equal(await store.put('/registry/pods/default/b', bytes(1), 0), 6)
})

test('a damaged file that a crash left with a write-ahead log is refused, and both are left as they are', async () => {
  const file = join(directory, 'crashed.db')
  {
    await using store = await open(file)
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.put(`/${n}`, bytes(500), 0)))
  }
  await writeUntilKilled(file, 100)
  const whole = readFileSync(file)
  whole.fill(0xff, 20 * 4096, 24 * 4096) // older than what the log has
  writeFileSync(file, whole)
  const log = readFileSync(`${file}-wal`)
  await assert.rejects(open(file), /crashed\.db is damaged/)
  assert.deepEqual([readFileSync(file), readFileSync(`${file}-wal`)], [whole, log])
})

test('one data directory is never opened twice', async () => {
  const file = join(directory, 'locked.db')
  await using store = await open(file)
  await assert.rejects(open(file), new RegExp(`locked\\.db is in use by another Navarch \\(process ${process.pid}\\)`))
  await store.put('/a', bytes(1), 0)
  await store.close()
  await using again = await open(file)
  assert.equal(again.revision(), 2)
})

test('a full disk refuses writes without harm to reads, and writes go on when there is space', async () => {
  const file = join(directory, 'full.db')
  const probes: (() => void)[] = []
  const clock: Clock = { ...systemClock, after: collectInto(probes) }
  await using store = await open(file, { maxBytes: 400_000, clock })
  let written = 0
  const fill = async () => {
    for (;;) written = await store.put(`/${written}`, bytes(10_000), 0)
  }
  await assert.rejects(fill(), (error) => error instanceof StoreUnavailable && /full/.test(error.message))
  assert.match(store.unhealthy() ?? '', /full/)
  assert.equal(store.revision(), written)
  assert.equal((await store.list('/')).entries.length, written - 1)

  probes.at(-1)!()
  while (store.unhealthy()) await nextTurn()
  assert.equal(await store.put('/small', bytes(1), 0), written + 1)
})

test('writes beyond the bound of the queue are refused at once', async () => {
  await using store = await open(join(directory, 'bounded.db'), { maxQueuedWrites: 10 })
  const writes = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => store.put(`/${n}`, bytes(1), 0)))
  const refused = writes.filter((write) => write.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as Error).name),
    Array(5).fill('StoreUnavailable'),
  )
  assert.equal(store.revision(), 11)
})

test('a torn end of the write-ahead log is ignored', async () => {
  const file = join(directory, 'torn-wal.db')
  const acknowledged = await writeUntilKilled(file, 200)
  appendFileSync(`${file}-wal`, bytes(3_000))
  await using store = await open(file)
  for (const [key, revision] of acknowledged) assert.ok((await store.get(key)).entry!.revision >= revision)
})
