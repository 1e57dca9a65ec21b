import { systemClock } from '../src/base/clock.ts'
import { EtcdStore } from '../src/store/etcd/etcd-store.ts'
import { EtcdServer } from '../src/testing/etcd-server.ts'
import { flags } from '../tools/flags.ts'
import { ServerProcess } from './load/server-process.ts'

/*
 * The store on an etcd of one member on this machine: operations a second, and what one takes of the processor, in this
 * process and in etcd. As many prefixes are watched as a control plane has kinds.
 *
 *     tools/run bench/etcd-store.ts [--operations 10000] [--callers 32]
 */

const values = flags({
  command: 'tools/run bench/etcd-store.ts',
  does: 'Operations of the store on an etcd of its own: a second, and processor time here and in etcd.',
  options: { operations: { type: 'string', default: '10000' }, callers: { type: 'string', default: '32' } },
})
const [operations, callers] = [Number(values.operations), Number(values.callers)]
const VALUE = Buffer.alloc(1024, 'x')
const KINDS = 90
const WARM_UP = 2_000

await using server = await EtcdServer.start()
await using store = await EtcdStore.open({ servers: [server.url], clock: systemClock })
const etcd = new ServerProcess(server.pid)
const stop = new AbortController()
for (let kind = 0; kind < KINDS; kind++) void store.watch(`/registry/kind-${kind}/`, 1, () => {}, stop.signal)

const key = (index: number): string => `/registry/kind-${index % KINDS}/object-${index}`
const revisions: number[] = []
const put = async (index: number): Promise<void> => {
  revisions[index] = await store.put(key(index), VALUE, revisions[index] ?? 0)
}

await measure('warm-up', WARM_UP, (index) => store.put(`/registry/warm-up/${index}`, VALUE, 0))
await measure('create', operations, put)
await measure('update', operations, put)
await measure('delete', operations, (index) => store.delete(key(index), revisions[index]!))
await measure('synced', operations, () => store.synced())
stop.abort()

async function measure(name: string, count: number, operation: (index: number) => Promise<unknown>): Promise<void> {
  const [ownBefore, etcdBefore, begin] = [process.cpuUsage(), etcd.cpuMicros(), performance.now()]
  let next = 0
  const call = async () => {
    while (next < count) await operation(next++)
  }
  await Promise.all(Array.from({ length: callers }, call))
  const seconds = (performance.now() - begin) / 1_000
  const own = process.cpuUsage(ownBefore)
  const micros = [own.user + own.system, etcd.cpuMicros() - etcdBefore].map((total) => (total / count).toFixed(0))
  const rate = (count / seconds).toFixed(0)
  process.stdout.write(`${name.padEnd(8)} ${rate.padStart(7)}/s  ${micros[0]} µs here, ${micros[1]} µs in etcd\n`)
}
