import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../src/base/clock.ts'
import { SqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../src/store/store.ts'
import { flags } from '../tools/flags.ts'

/*
 * How long writers wait while the embedded store forgets its past, and how large its file is then.
 * `tools/run bench/store-compaction.ts [--revisions 100000]`. Set TMPDIR to measure another disk.
 */

const values = flags({
  command: 'tools/run bench/store-compaction.ts',
  does: 'How long writers wait while the embedded store forgets its past, and its files then. TMPDIR chooses the disk.',
  options: { revisions: { type: 'string', default: '100000' } },
})
const REVISIONS = Number(values.revisions)
const WRITERS = 64
const LARGE_BYTES = 1_000_000

interface Churn {
  readonly name: string
  readonly revisions: number
  readonly valueBytes: number
  readonly keys: number
}

const churns: readonly Churn[] = [
  { name: `${REVISIONS.toLocaleString('en')} of 1 KB`, revisions: REVISIONS, valueBytes: 1_024, keys: 2_000 },
  { name: '500 of 1 MB', revisions: 500, valueBytes: LARGE_BYTES, keys: 64 },
]

/** Writers that rewrite their keys, and delete every tenth now and then. */
async function churn(store: Store, { revisions, valueBytes, keys }: Churn): Promise<void> {
  const value = new Uint8Array(valueBytes).fill(0x61)
  const end = store.revision() + revisions
  const writer = async (number: number): Promise<void> => {
    for (let n = number; store.revision() < end; n += WRITERS) {
      const key = `/registry/configmaps/bench-${number}/object-${Math.floor(n / WRITERS) % Math.ceil(keys / WRITERS)}`
      const { entry } = await store.get(key)
      if (entry && n % 10 === 0) await store.delete(key, entry.revision)
      else await store.put(key, value.slice(), entry?.revision ?? 0)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)))
}

/** The latencies of one writer until `done` says so. */
async function latencies(store: Store, done: () => boolean): Promise<number[]> {
  const taken: number[] = []
  let revision = (await store.get('/registry/probe')).entry?.revision ?? 0
  const value = new Uint8Array(1_024)
  while (!done()) {
    const start = performance.now()
    revision = await store.put('/registry/probe', value.slice(), revision)
    taken.push(performance.now() - start)
  }
  return taken.sort((a, b) => a - b)
}

const megabytes = (bytes: number): number => Number((bytes / 1e6).toFixed(1))
const milliseconds = (ms: number | undefined): number => Number((ms ?? 0).toFixed(1))

/** The size that the file comes to rest at; it shrinks when the write-ahead log is copied into it, at the latest a moment after. */
async function smallest(file: string): Promise<number> {
  await systemClock.sleep(500)
  return statSync(file).size
}

async function measure(file: string, store: Store, churned: Churn) {
  await churn(store, churned)
  const before = statSync(file).size
  const began = performance.now()
  const calm = await latencies(store, () => performance.now() - began > 1_000)
  using database = new DatabaseSync(file, { readOnly: true })
  const swept = database.prepare(`SELECT value FROM meta WHERE name = 'swept'`)
  const pages = database.prepare(
    'SELECT freelist_count AS free, page_count AS total FROM pragma_freelist_count, pragma_page_count',
  )
  const target = store.revision() - 10
  let walBytes = 0
  const isDone = (): boolean => {
    walBytes = Math.max(walBytes, statSync(`${file}-wal`).size)
    const { free = 0, total = 0 } = pages.get() as { free?: number; total?: number }
    return Number(swept.get()?.value) >= target && (free <= 1_000 || free * 4 <= total)
  }
  const start = performance.now()
  await store.compact(target)
  const during = await latencies(store, isDone)
  const after = await smallest(file)
  return {
    history: churned.name,
    'ms to free': Math.round(performance.now() - start),
    'calm p50': milliseconds(calm[Math.floor(calm.length / 2)]),
    'calm max': milliseconds(calm.at(-1)),
    'during p50': milliseconds(during[Math.floor(during.length / 2)]),
    'during p99': milliseconds(during[Math.floor(during.length * 0.99)]),
    'during max': milliseconds(during.at(-1)),
    'MB before': megabytes(before),
    'MB after': megabytes(after),
    'WAL MB': megabytes(walBytes),
  }
}

const results = []
for (const churned of churns) {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
  try {
    const file = join(directory, 'state.db')
    await using store = await SqliteStore.open({ file, clock: systemClock })
    results.push(await measure(file, store, churned))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
console.table(results)
