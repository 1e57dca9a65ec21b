import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { EtcdStore, type EtcdStoreOptions } from '../../src/store/etcd/etcd-store.ts'
import { KeySpace } from '../../src/store/etcd/key-space.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import type { EtcdCluster } from '../../src/testing/etcd-cluster.ts'
import type { EtcdServer } from '../../src/testing/etcd-server.ts'
import type { Operation, Outcome } from './history.ts'
import { follow, type OnTold, perform } from './perform.ts'
import type { Random } from './random.ts'
import type { Subject } from './subject.ts'

type Fault = (random: Random) => Promise<void>

const CALL_MS = 1_500
/** In which members that all run agree on a leader, however slow the disk is. */
const LEADER_MS = 30_000
let runs = 0

/** Two servers' stores on one etcd, which goes on to the next run; each run has a prefix of its own. */
async function onEtcd(urls: readonly string[], faults: readonly Fault[]): Promise<Subject> {
  const keys = new KeySpace({ from: '/', to: `/run-${process.pid}-${++runs}/` })
  const open = () => opened({ servers: urls, clock: systemClock, keys, callTimeoutMs: CALL_MS })
  const stores = [await open(), await open()] as const
  let turn = 0
  const next = (): EtcdStore => stores[turn++ % 2] as EtcdStore
  return {
    base: Math.max(...stores.map((store) => store.revision())),
    isAlone: false,
    compacts: false,
    call: (operation: Operation): Promise<Outcome> => perform(next(), operation),
    watch: (prefix: string, after: number, told: OnTold, signal: AbortSignal) =>
      follow(next(), prefix, after, told, signal),
    async disturb(random) {
      await random.pick(faults)(random)
      return undefined
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close()
    },
  }
}

/** A store opens when etcd answers: its members may look for a leader still. */
async function opened(options: EtcdStoreOptions): Promise<EtcdStore> {
  const deadline = performance.now() + LEADER_MS
  for (;;) {
    try {
      return await EtcdStore.open(options)
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() > deadline) throw error
      await delay(100)
    }
  }
}

/** One member: killed and started again, or held still. */
export function etcdSubject(server: EtcdServer): Promise<Subject> {
  return onEtcd(
    [server.url],
    [
      async () => {
        await server.kill()
        await server.start()
      },
      async (random) => {
        server.pause()
        await delay(random.below(400))
        server.resume()
      },
    ],
  )
}

/** Three members: one is killed, held still, cut off from all, or cut off from the others. */
export function etcdClusterSubject(cluster: EtcdCluster): Promise<Subject> {
  const someone = (random: Random): number => random.below(cluster.size)
  return onEtcd(cluster.urls, [
    async (random) => {
      const member = cluster.member(someone(random))
      await member.kill()
      await delay(random.below(600))
      await member.start()
    },
    async (random) => {
      const member = cluster.member(someone(random))
      member.pause()
      await delay(random.below(1_000))
      member.resume()
    },
    async (random) => {
      const index = someone(random)
      cluster.cut(index)
      await delay(random.below(1_000))
      cluster.heal(index)
    },
    async (random) => {
      const index = someone(random)
      cluster.isolate(index)
      await delay(random.below(1_000))
      cluster.heal(index)
    },
  ])
}
