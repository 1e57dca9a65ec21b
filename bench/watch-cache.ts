import { indexesOf } from '../src/apiserver/watch-cache/cache-index.ts'
import { listChunks } from '../src/apiserver/watch-cache/list-chunks.ts'
import { ResourceCache } from '../src/apiserver/watch-cache/resource-cache.ts'
import { StoredObject } from '../src/apiserver/watch-cache/stored-object.ts'
import { encodeStored } from '../src/apiserver/watch-cache/stored-value.ts'
import type { CachedObject } from '../src/apiserver/watch-cache/watch-cache.ts'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/log.ts'
import { MemoryStore } from '../src/store/memory/memory-store.ts'

/*
 * What the steps of a request cost in the watch cache, for ConfigMaps of 1 KB. `tools/run bench/watch-cache.ts`
 */

const OBJECTS = 10_000
const WATCHERS = 1_000
const never = new AbortController().signal

const configMap = (n: number) => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: {
    name: `bench-${n}`,
    namespace: `ns-${n % 10}`,
    uid: '3f0e7a52-1a38-4fd1-9df5-1b1c3a3b0d11',
    creationTimestamp: '2026-01-31T12:00:00Z',
    labels: { app: `app-${n % 50}` },
  },
  data: { value: 'x'.repeat(800) },
})
const key = (n: number) => `/registry/configmaps/ns-${n % 10}/bench-${n}`
const results: { step: string; 'µs each': number }[] = []

function measure(step: string, count: number, work: (n: number) => unknown): void {
  for (let n = 0; n < Math.min(count, 1_000); n++) work(n)
  const start = performance.now()
  for (let n = 0; n < count; n++) work(n)
  results.push({ step, 'µs each': Number((((performance.now() - start) * 1_000) / count).toFixed(3)) })
}

const store = new MemoryStore({ clock: systemClock })
const indexes = indexesOf({ group: '', plural: 'configmaps' })
const options = { store, prefix: '/registry/configmaps/', clock: systemClock, log: silentLogger, indexes }
const cache = new ResourceCache(options)
const stop = new AbortController()
const running = cache.run(stop.signal)
await cache.ready(never)
await Promise.all(Array.from({ length: OBJECTS }, (_, n) => store.put(key(n), encodeStored(configMap(n)), 0)))

const value = encodeStored(configMap(1))
measure('encode for the store', 50_000, (n) => encodeStored(configMap(n)))
measure('first json() of an object', 50_000, (n) => new StoredObject(key(1), value, n + 1).json())
measure('first object() of an object', 50_000, (n) => new StoredObject(key(1), value, n + 1).object())
measure('get and json() again', 500_000, (n) => cache.get(key(n % OBJECTS))!.json())
measure('list of 500 as chunks', 500, () => {
  const items = cache.snapshot({})[Symbol.iterator]() as IteratorObject<CachedObject>
  return [...listChunks(items.take(500), { head: '{"items":[', tail: ']}', withoutTypes: true })]
})
measure('count of a namespace', 50_000, (n) => cache.snapshot({ namespace: `ns-${n % 10}` }).size)

async function writes(step: string): Promise<void> {
  const count = 5_000
  const start = performance.now()
  for (let n = 0; n < count; n++) await store.put(key(n), value, cache.get(key(n))!.revision)
  results.push({ step, 'µs each': Number((((performance.now() - start) * 1_000) / count).toFixed(3)) })
}

await writes('write through memory store and cache')
let told = 0
const watcher = { events: () => told++, end() {} }
const watchers = Array.from({ length: WATCHERS }, () => ({ ...watcher }))
for (const one of watchers) cache.subscribe(cache.revision(), one)
await writes(`the same with ${WATCHERS} watchers of all`)
for (const one of watchers) cache.unsubscribe(one)
for (let n = 0; n < WATCHERS; n++) {
  cache.subscribe(cache.revision(), { ...watcher, only: { index: 'metadata.name', value: `other-${n}` } })
}
await writes(`the same with ${WATCHERS} watchers of one name each`)
console.table(results)
stop.abort()
await running
await store.close()
