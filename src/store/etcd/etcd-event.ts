import type { StoreEvent } from '../store.ts'
import type { WatchEvent } from './messages.ts'

/** Makes of a value in etcd what the store's users know. */
export type DecodeValue = (key: string, value: Uint8Array) => Uint8Array

const NOTHING = new Uint8Array()

/** A write as etcd tells it; a value is decoded when it is asked for. */
export class EtcdEvent implements StoreEvent {
  readonly type: 'put' | 'delete'
  readonly key: string
  readonly revision: number
  readonly isCreation: boolean
  readonly #stored: Uint8Array
  readonly #decode: DecodeValue
  #value: Uint8Array | undefined

  constructor(key: string, event: WatchEvent, decode: DecodeValue) {
    const { kv } = event
    this.key = key
    this.type = event.type === 'DELETE' ? 'delete' : 'put'
    this.revision = kv.modRevision ?? 0
    this.isCreation = kv.createRevision === kv.modRevision
    this.#stored = kv.value ?? NOTHING
    this.#decode = decode
  }

  get value(): Uint8Array {
    this.#value ??= this.type === 'delete' ? NOTHING : this.#decode(this.key, this.#stored)
    return this.#value
  }
}
