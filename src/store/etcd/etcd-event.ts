import type { StoreEvent } from '../store.ts'
import type { WatchEvent } from './messages.ts'

/** Makes of a value in etcd what the store's users know. */
export type DecodeValue = (key: string, value: Uint8Array) => Uint8Array

const NOTHING = new Uint8Array()

/** A write as etcd tells it; values are decoded when they are asked for. */
export class EtcdEvent implements StoreEvent {
  readonly type: 'put' | 'delete'
  readonly key: string
  readonly revision: number
  readonly previousRevision: number
  readonly #event: WatchEvent
  readonly #decode: DecodeValue
  #value: Uint8Array | undefined

  constructor(key: string, event: WatchEvent, decode: DecodeValue) {
    const { kv, prevKv } = event
    this.key = key
    this.type = event.type === 'DELETE' ? 'delete' : 'put'
    this.revision = kv.modRevision ?? 0
    this.previousRevision = prevKv?.modRevision ?? 0
    this.#event = event
    this.#decode = decode
  }

  /** Whether etcd has compacted away what the key was before, although it was something. */
  get isTorn(): boolean {
    const { kv, prevKv } = this.#event
    return prevKv === undefined && (this.type === 'delete' || kv.createRevision !== kv.modRevision)
  }

  get value(): Uint8Array {
    const { kv, prevKv } = this.#event
    this.#value ??= this.#decode(this.key, (this.type === 'delete' ? prevKv?.value : kv.value) ?? NOTHING)
    return this.#value
  }

  get previous(): Uint8Array | undefined {
    const { prevKv } = this.#event
    return prevKv && this.#decode(this.key, prevKv.value ?? NOTHING)
  }
}
