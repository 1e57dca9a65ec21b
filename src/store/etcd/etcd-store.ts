import { randomInt } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { currentFence, type WriteFence } from '../../base/write-fence.ts'
import {
  CompactedError,
  type Entry,
  FencedOff,
  FutureRevisionError,
  type ListPage,
  type ListRange,
  type PutOptions,
  RevisionMismatch,
  type Store,
  StoreUnavailable,
  type WatchSink,
} from '../store.ts'
import { asIs, type ValueCodec } from '../value-codec.ts'
import { type EtcdAddress, EtcdConnection } from './etcd-connection.ts'
import { KeySpace } from './key-space.ts'
import { LeaseManager } from './lease-manager.ts'
import type { KeyValue, RangeRequest, RangeResponse, RequestOp, TxnResponse } from './messages.ts'
import { Reachability } from './reachability.ts'
import { progressIsOrdered } from './server-version.ts'
import { SharedRead } from './shared-read.ts'
import { WatchHub } from './watch-hub.ts'
import { WriteGate } from './write-gate.ts'

export interface EtcdStoreOptions extends EtcdAddress {
  readonly clock: Clock
  readonly keys?: KeySpace
  readonly codec?: ValueCodec
}

/** Keys read at a time, before other work gets its turn. */
const READ_PAGE = 500
/** How long an acknowledged write waits for its watchers before it is reported anyway. */
const TELL_MS = 2_000
/** How long `synced` waits for events, each time, before it asks for progress. */
const PROGRESS_MS = 100
/** Upstream's wait for a cache to become fresh. */
const SYNC_MS = 3_000
/** How long a member may take to answer whether it is there. */
const PROBE_MS = 1_500
/** Lease numbers are chosen here, as the server's own exceed what JavaScript's numbers hold. */
const MAX_LEASE_ID = 2 ** 48 - 1
const NOTHING = new Uint8Array()

/**
 * The distributed store: an etcd v3 cluster. Reads are linearizable. A write is one guarded transaction; what was sent and
 * not answered fails with OutcomeUnknown. Watchers of this process hear of a write before its writer does, as long as the
 * watch keeps up; beyond TELL_MS the writer hears first, and `revision()` is ahead of the watchers.
 */
export class EtcdStore implements Store {
  readonly isShared = true
  readonly #clock: Clock
  readonly #keys: KeySpace
  readonly #codec: ValueCodec
  readonly #connection: EtcdConnection
  readonly #hub: WatchHub
  readonly #leases: LeaseManager
  readonly #gate = new WriteGate()
  readonly #reachability: Reachability
  readonly #newest: SharedRead<number>
  /** The last value sent for each key that is being written: its event needs no decoding. */
  readonly #written = new Map<string, { readonly value: Uint8Array; readonly stored: Uint8Array }>()
  /** Of the newest write that this process knows of, below the store's root. */
  #revision = 1
  #compacted = 0
  #closing: Promise<void> | undefined

  /** Throws StoreUnavailable, with the remedy, when etcd cannot be reached or refuses this client. */
  static async open(options: EtcdStoreOptions): Promise<EtcdStore> {
    const connection = await EtcdConnection.load(options)
    const store = new EtcdStore(options, connection)
    try {
      store.#revision = await store.#newest.get()
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor({ clock, keys = new KeySpace(), codec = asIs }: EtcdStoreOptions, connection: EtcdConnection) {
    this.#clock = clock
    this.#keys = keys
    this.#codec = codec
    this.#connection = connection
    this.#newest = new SharedRead(clock, () => this.#readNewest())
    this.#hub = new WatchHub({
      connection,
      keys,
      decode: (key, stored) => this.#decode(key, stored),
      clock,
      onProgress: (revision) => this.#reached(revision),
      onLost: () => this.#reachability.look(),
    })
    this.#reachability = new Reachability({
      clock,
      reach: async () => {
        await connection.read('Range', { key: keys.root().key, keysOnly: true }, PROBE_MS)
      },
      wellness: () => this.#requireNoAlarm(),
    })
    this.#leases = new LeaseManager({ clock, grant: (ttlSeconds) => this.#grantLease(ttlSeconds) })
  }

  /** For what etcd alone has: snapshots, compaction by one of several servers. */
  get connection(): EtcdConnection {
    return this.#connection
  }

  async get(key: string): Promise<{ entry: Entry | undefined; revision: number }> {
    const { header, kvs } = await this.#range({ key: this.#keys.toEtcd(key) })
    return { entry: kvs?.[0] && this.#entry(kvs[0]), revision: header?.revision ?? 0 }
  }

  async list(prefix: string, { limit, startKey = prefix, revision }: ListRange = {}): Promise<ListPage> {
    const { key, rangeEnd } = this.#keys.range(prefix, startKey)
    const entries: Entry[] = []
    let [start, asOf, remaining] = [key, revision, 0]
    do {
      const wanted = limit ? Math.min(limit - entries.length, READ_PAGE) : READ_PAGE
      const page = await this.#rangeAt({ key: start, rangeEnd, limit: wanted, revision: asOf ?? 0 })
      asOf ??= page.header?.revision ?? 0
      for (const kv of page.kvs ?? []) entries.push(this.#entry(kv))
      remaining = (page.count ?? 0) - (page.kvs?.length ?? 0)
      start = Buffer.concat([page.kvs?.at(-1)?.key ?? start, Buffer.of(0)])
    } while (remaining > 0 && !(limit && entries.length >= limit))
    return { entries, revision: asOf, remaining }
  }

  async put(key: string, value: Uint8Array, expected: number, options: PutOptions = {}): Promise<number> {
    this.#requireOpen()
    const { ttlSeconds, source } = options
    const stored = this.#codec.encode(key, value, source)
    const etcdKey = this.#keys.toEtcd(key)
    const fence = currentFence()
    const written = { value, stored }
    const put = async (): Promise<number> => {
      const lease = ttlSeconds ? await this.#leases.leaseFor(ttlSeconds) : 0
      const requestPut = { key: etcdKey, value: stored, ...(lease && { lease }) }
      return this.#guarded({ key, expected, fence }, { requestPut })
    }
    const again = (error: Error): Promise<number> => {
      if (!ttlSeconds || !error.message.includes('requested lease not found')) throw error
      this.#leases.forget(ttlSeconds) // it ran out, or etcd was restored
      return put()
    }
    try {
      return await this.#write(stored.length, () => {
        this.#written.set(key, written)
        return put().catch(again)
      })
    } finally {
      if (this.#written.get(key) === written) this.#written.delete(key)
    }
  }

  async delete(key: string, expected: number): Promise<number> {
    const fence = currentFence()
    const requestDeleteRange = { key: this.#keys.toEtcd(key) }
    return this.#write(0, () => this.#guarded({ key, expected, fence }, { requestDeleteRange }))
  }

  async watch(prefix: string, afterRevision: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    this.#requireOpen()
    if (afterRevision < this.#compacted) throw new CompactedError(this.#compacted)
    return this.#hub.watch(prefix, afterRevision, this.#revision, sink, signal)
  }

  revision(): number {
    return this.#revision
  }

  async synced(): Promise<number> {
    const newest = await this.#newest.get()
    if (!this.#hub.isRunning) return newest
    const deadline = this.#clock.monotonic() + SYNC_MS
    for (let asked = false; !(await this.#hub.reach(newest, PROGRESS_MS)); asked = true) {
      if (this.#clock.monotonic() > deadline) throw new StoreUnavailable('the watch of etcd does not keep up')
      if (progressIsOrdered(this.#connection.version)) this.#hub.requestProgress()
      else if (!asked) await this.#leaveMark()
    }
    return newest
  }

  async compact(revision: number): Promise<void> {
    this.#requireOpen()
    try {
      await this.#connection.read('Compact', { revision }) // safe to repeat: the second time it is done already
      this.#compacted = Math.max(this.#compacted, revision)
    } catch (error) {
      throw await this.#explained(error as Error, revision)
    }
  }

  unhealthy(): string | undefined {
    return this.#closing ? 'the store is closed' : this.#reachability.problem
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#reachability.close()
    await this.#gate.drained()
    this.#hub.close()
    this.#connection.close()
  }

  #requireOpen(): void {
    if (this.#closing) throw new StoreUnavailable('the store is closed')
  }

  #entry({ key, value = Buffer.alloc(0), createRevision = 0, modRevision = 0 }: KeyValue): Entry {
    const name = this.#keys.fromEtcd(key)
    return { key: name, value: this.#codec.decode(name, value), createRevision, revision: modRevision }
  }

  #decode(key: string, stored: Uint8Array): Uint8Array {
    const own = this.#written.get(key)
    return own && Buffer.compare(own.stored, stored) === 0 ? own.value : this.#codec.decode(key, stored)
  }

  async #range(request: RangeRequest): Promise<RangeResponse> {
    this.#requireOpen()
    try {
      return await this.#reachability.read(() => this.#connection.read('Range', request))
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#reachability.failed(error)
      throw error
    }
  }

  async #rangeAt(request: RangeRequest): Promise<RangeResponse> {
    try {
      return await this.#range(request)
    } catch (error) {
      throw await this.#explained(error as Error, request.revision ?? 0)
    }
  }

  /** Etcd's answers about revisions as the store's errors. */
  async #explained(error: Error, revision: number): Promise<Error> {
    if (error.message.includes('has been compacted')) {
      if (this.#compacted < revision) this.#compacted = await this.#findCompacted(revision)
      return new CompactedError(this.#compacted)
    }
    if (error.message.includes('is a future revision')) return new FutureRevisionError(await this.#newest.get())
    return error
  }

  /** What others compacted to: etcd says so when it refuses a watch. */
  async #findCompacted(revision: number): Promise<number> {
    const answer = Promise.withResolvers<number>()
    const call = await this.#connection.watch({
      onMessage: ({ compactRevision }) => answer.resolve(compactRevision ?? revision),
      onEnd: (error) => answer.reject(error ?? new StoreUnavailable('etcd ended a watch')),
    })
    try {
      const { key, rangeEnd } = this.#keys.root()
      const startRevision = Math.max(1, revision - 1)
      call.send({
        createRequest: { key, rangeEnd, startRevision, progressNotify: false, prevKv: false, fragment: false },
      })
      return await answer.promise
    } finally {
      call.cancel()
    }
  }

  /** Resolves when watchers of this process have been told, or have had their time. */
  async #write(bytes: number, write: () => Promise<number>): Promise<number> {
    this.#requireOpen()
    return this.#gate.pass(bytes, async () => {
      const revision = await this.#reachability.write(write).catch((error: Error) => {
        if (error instanceof StoreUnavailable && !(error instanceof FencedOff)) this.#reachability.failed(error)
        throw error
      })
      this.#reachability.worked()
      if (this.#hub.isRunning && !(await this.#hub.reach(revision, TELL_MS))) this.#hub.suspect()
      this.#reached(revision)
      return revision
    })
  }

  async #guarded({ key, expected, fence }: Guard, operation: RequestOp): Promise<number> {
    const guards = [{ key, revision: expected }, ...(fence ? [fence] : [])]
    const isNothing = operation.requestDeleteRange !== undefined && expected === 0
    const answer = await this.#connection.write(
      'Txn',
      {
        compare: guards.map((guard) => ({
          result: 'EQUAL',
          target: 'MOD',
          key: this.#keys.toEtcd(guard.key),
          modRevision: guard.revision,
        })),
        success: isNothing ? [] : [operation],
        failure: guards.map((guard) => ({ requestRange: { key: this.#keys.toEtcd(guard.key), keysOnly: true } })),
      },
      key,
    )
    if (answer.succeeded && !isNothing) return answer.header?.revision ?? 0
    if (fence && !answer.succeeded && revisionIn(answer, 1) !== fence.revision) throw new FencedOff(fence.key)
    throw new RevisionMismatch(key, revisionIn(answer, 0))
  }

  async #grantLease(ttlSeconds: number): Promise<number> {
    const id = randomInt(1, MAX_LEASE_ID)
    await this.#connection.write('LeaseGrant', { TTL: ttlSeconds, ID: id }, 'a lease')
    return id
  }

  /** The root itself is no key: this reads nothing, after a majority has agreed on where it is. */
  async #readNewest(): Promise<number> {
    const { header } = await this.#range({ key: this.#keys.root().key, keysOnly: true })
    return header?.revision ?? 0
  }

  /** Where progress cannot be asked for, an event shows it. Nobody lists or watches this key by itself. */
  async #leaveMark(): Promise<void> {
    const key = Buffer.concat([this.#keys.root().key, Buffer.from('navarch/progress')])
    await this.#connection.write(
      'Txn',
      { compare: [], success: [{ requestPut: { key, value: NOTHING } }], failure: [] },
      'the progress mark',
    )
  }

  #reached(revision: number): void {
    if (revision > this.#revision) this.#revision = revision
  }

  async #requireNoAlarm(): Promise<void> {
    const { errors = [] } = await this.#connection.read('Status', {})
    if (errors.length > 0) throw new StoreUnavailable(`etcd has raised an alarm: ${errors.join(', ')}`)
  }
}

/** What has to be so for a write to happen. */
interface Guard {
  readonly key: string
  readonly expected: number
  readonly fence: WriteFence | undefined
}

/** Of the key that the transaction's answer has at this place. */
function revisionIn({ responses }: TxnResponse, place: number): number {
  return responses?.[place]?.responseRange?.kvs?.[0]?.modRevision ?? 0
}
