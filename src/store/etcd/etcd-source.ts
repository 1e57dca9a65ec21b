import type { StateEntry, StateSource } from '../transfer/state-source.ts'
import type { ValueCodec } from '../value-codec.ts'
import type { EtcdConnection } from './etcd-connection.ts'
import type { KeySpace } from './key-space.ts'
import type { KeyValue } from './messages.ts'

export interface EtcdSourceOptions {
  readonly connection: EtcdConnection
  readonly keys: KeySpace
  readonly codec: ValueCodec
  /** Now, in ms since the epoch. */
  readonly now: () => number
}

const PAGE = 500
/**
 * For a lease that cannot be asked about: its number is above what JavaScript's hold. Upstream gives them to Events alone,
 * for an hour.
 */
const UNKNOWN_LEASE_SECONDS = 3_600

/** The state below a prefix of a running etcd, all as of the revision at which it was opened. */
export class EtcdSource implements StateSource {
  readonly revision: number
  readonly count: number
  readonly #options: EtcdSourceOptions
  readonly #ttls = new Map<number, Promise<number>>()

  static async open(options: EtcdSourceOptions): Promise<EtcdSource> {
    const { header, count } = await options.connection.read('Range', { ...options.keys.root(), countOnly: true })
    return new EtcdSource(options, header?.revision ?? 1, count ?? 0)
  }

  private constructor(options: EtcdSourceOptions, revision: number, count: number) {
    this.#options = options
    this.revision = revision
    this.count = count
  }

  async *entries(): AsyncIterable<StateEntry> {
    const { connection, keys } = this.#options
    const { key: first, rangeEnd } = keys.root()
    let [key, more] = [first, true]
    while (more) {
      const page = await connection.read('Range', { key, rangeEnd, limit: PAGE, revision: this.revision })
      for (const kv of page.kvs ?? []) yield await this.#entry(kv)
      more = page.more ?? false
      key = Buffer.concat([page.kvs?.at(-1)?.key ?? key, Buffer.of(0)])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {} // the connection is the caller's

  async #entry({ key: etcdKey, value = Buffer.alloc(0), lease = 0 }: KeyValue): Promise<StateEntry> {
    const { keys, codec, now } = this.#options
    const key = keys.fromEtcd(etcdKey)
    const decoded = codec.decode(key, value)
    if (lease === 0) return { key, value: decoded }
    return { key, value: decoded, expires: now() + (await this.#ttlOf(lease)) * 1_000 }
  }

  #ttlOf(lease: number): Promise<number> {
    const known = this.#ttls.get(lease)
    if (known) return known
    const asked = Number.isSafeInteger(lease)
      ? this.#options.connection.read('LeaseTimeToLive', { ID: lease }).then(({ TTL = 0 }) => Math.max(TTL, 0))
      : Promise.resolve(UNKNOWN_LEASE_SECONDS)
    this.#ttls.set(lease, asked)
    return asked
  }
}
