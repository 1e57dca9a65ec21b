import { ProtobufReader } from '../../api/codec/protobuf-reader.ts'
import type { StateEntry, StateSource } from '../transfer/state-source.ts'
import type { ValueCodec } from '../value-codec.ts'
import { BoltFile } from './bolt-file.ts'
import type { KeySpace } from './key-space.ts'

export interface EtcdSnapshotOptions {
  readonly keys: KeySpace
  readonly codec: ValueCodec
  /** Now, in ms since the epoch: times to live begin anew. */
  readonly now: number
}

interface Newest {
  readonly lease: number
  /** Where the value is found again: the revision under which etcd has it. */
  readonly at: string
}

/** mvccpb.KeyValue, of which the value is read only when wanted. */
interface StoredKey {
  readonly key: Buffer
  readonly value: Buffer
  readonly lease: number
}

/** A revision is 8 bytes, `_`, and 8 bytes that count the writes of one transaction; deletions end with `t`. */
const REVISION_BYTES = 17
const NOTHING: Buffer = Buffer.alloc(0)
/** For a lease that the file does not name: upstream gives them to Events alone, for an hour. */
const UNKNOWN_LEASE_SECONDS = 3_600

/**
 * The newest state in a snapshot of etcd, a file as `etcdctl snapshot save` writes it. Keys that leases would end live on
 * for as long as their lease was granted for.
 */
export class EtcdSnapshot implements StateSource {
  readonly revision: number
  readonly #options: EtcdSnapshotOptions
  readonly #bolt: BoltFile
  readonly #newest: Map<string, Newest>
  readonly #ttls: Map<number, number>

  /** Throws BoltFileDamaged. */
  static open(path: string, options: EtcdSnapshotOptions): EtcdSnapshot {
    return new EtcdSnapshot(new BoltFile(path), options)
  }

  private constructor(bolt: BoltFile, options: EtcdSnapshotOptions) {
    this.#bolt = bolt
    this.#options = options
    const { newest, revision } = readIndex(bolt, options.keys)
    this.#newest = newest
    this.revision = revision
    this.#ttls = readLeases(bolt)
  }

  get count(): number {
    return this.#newest.size
  }

  async *entries(): AsyncIterable<StateEntry> {
    const { keys, codec, now } = this.#options
    for (const { key: revision, value: stored } of this.#bolt.bucket('key')) {
      if (isDeletion(revision)) continue
      const { key: etcdKey, value } = decodeKeyValue(stored)
      const newest = this.#newest.get(etcdKey.toString('latin1'))
      if (newest?.at !== revision.toString('latin1')) continue
      const key = keys.fromEtcd(etcdKey)
      const ttlSeconds = this.#ttls.get(newest.lease) ?? UNKNOWN_LEASE_SECONDS
      const expires = newest.lease !== 0 && { expires: now + ttlSeconds * 1_000 }
      yield { key, value: codec.decode(key, value), ...expires }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bolt[Symbol.dispose]()
  }
}

/** The newest revision that the file has, whatever key it belongs to. */
export function revisionOf(bolt: BoltFile): number {
  const last = bolt.last('key')
  return last ? mainRevision(last.key) : 1
}

const isDeletion = (revision: Buffer): boolean => revision.length > REVISION_BYTES
const mainRevision = (revision: Buffer): number => Number(revision.readBigUInt64BE(0))

function readIndex(bolt: BoltFile, keys: KeySpace): { newest: Map<string, Newest>; revision: number } {
  const { key: first, rangeEnd } = keys.root()
  const newest = new Map<string, Newest>()
  let revision = 1
  for (const { key: at, value } of bolt.bucket('key')) {
    revision = mainRevision(at)
    const { key, lease } = decodeKeyValue(value)
    if (Buffer.compare(key, first) < 0 || Buffer.compare(key, rangeEnd) >= 0) continue
    if (isDeletion(at)) newest.delete(key.toString('latin1'))
    else newest.set(key.toString('latin1'), { lease, at: at.toString('latin1') })
  }
  return { newest, revision }
}

/** leasepb.Lease: the duration in seconds by number. */
function readLeases(bolt: BoltFile): Map<number, number> {
  const ttls = new Map<number, number>()
  for (const { key, value } of bolt.bucket('lease')) {
    const reader = new ProtobufReader(value)
    while (reader.next()) {
      if (reader.number === 2) ttls.set(Number(key.readBigInt64BE(0)), reader.integer64())
      else reader.skip()
    }
  }
  return ttls
}

function decodeKeyValue(bytes: Buffer): StoredKey {
  const reader = new ProtobufReader(bytes)
  let [key, value, lease] = [NOTHING, NOTHING, 0]
  while (reader.next()) {
    if (reader.number === 1) key = reader.bytes()
    else if (reader.number === 5) value = reader.bytes()
    else if (reader.number === 6) lease = reader.integer64()
    else reader.skip()
  }
  return { key, value, lease }
}
