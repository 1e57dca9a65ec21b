import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { SqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../src/store/store.ts'
import { flags } from '../tools/flags.ts'

/*
 * How fast the embedded store is, each acknowledged write on the disk. `tools/run bench/store.ts [--seconds 3]`, of a row.
 * Set TMPDIR to measure another disk.
 */

const VALUE_BYTES = 1024
const KEYS_A_WRITER = 50
const values = flags({
  command: 'tools/run bench/store.ts',
  does: 'Durable writes a second of the embedded store. TMPDIR chooses the disk.',
  options: { seconds: { type: 'string', default: '3' } },
})
const seconds = Number(values.seconds)

interface Row {
  readonly name: string
  readonly callers: number
  /** One operation of caller `caller`, its `n`th. */
  operation(store: Store, caller: number, n: number): Promise<unknown>
}

const value = new Uint8Array(VALUE_BYTES).fill(0x61)
const revisions = new Map<string, number>()

async function guardedPut(store: Store, caller: number, n: number): Promise<void> {
  const key = `/registry/configmaps/bench-${caller}/object-${n % KEYS_A_WRITER}`
  revisions.set(key, await store.put(key, value, revisions.get(key) ?? 0))
}

const rows: readonly Row[] = [
  { name: 'guarded put 1 KB', callers: 1, operation: guardedPut },
  { name: 'guarded put 1 KB', callers: 64, operation: guardedPut },
  { name: 'guarded put 1 KB', callers: 512, operation: guardedPut },
  {
    name: 'create 1 KB',
    callers: 64,
    operation: (store, caller, n) => store.put(`/registry/secrets/bench/${caller}-${n}`, value, 0),
  },
  {
    name: 'get 1 KB',
    callers: 1,
    operation: (store, _caller, n) => store.get(`/registry/configmaps/bench-${n % 64}/object-0`),
  },
  { name: 'list page of 500', callers: 1, operation: (store) => store.list('/registry/secrets/', { limit: 500 }) },
]

async function measure(store: Store, { name, callers, operation }: Row) {
  const latencies: number[] = []
  const begin = performance.now()
  const end = begin + seconds * 1_000
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; performance.now() < end; n++) {
        const start = performance.now()
        await operation(store, caller, n)
        latencies.push(performance.now() - start)
      }
    }),
  )
  const elapsed = (performance.now() - begin) / 1_000
  latencies.sort((a, b) => a - b)
  const percentile = (share: number) => Number(latencies[Math.floor(latencies.length * share)]!.toFixed(3))
  return {
    operation: name,
    callers,
    'per second': Math.round(latencies.length / elapsed),
    'p50 ms': percentile(0.5),
    'p99 ms': percentile(0.99),
  }
}

const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
try {
  await using store = await SqliteStore.open({ file: join(directory, 'state.db'), clock: systemClock })
  const results = []
  for (const row of rows) {
    results.push(await measure(store, row))
    await store.compact(store.revision()).catch(() => {}) // reads write nothing: compacted already
  }
  console.table(results)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
