import type { ApiObject } from '../../../api/resource.ts'
import { RevisionMismatch, type Store } from '../../../store/store.ts'
import { encodeStored, StoredObject } from '../../watch-cache/stored-value.ts'
import { type PortRange, PortSet, rangeText } from './port-set.ts'

/** Where upstream keeps it. */
const KEY = '/registry/ranges/servicenodeports'

/** core/v1 RangeAllocation, a kind that is stored and not served. */
interface RangeAllocation {
  readonly range: string
  /** Base64. */
  readonly data?: string
}

/** What is stored, and as of which revision; 0 for nothing. */
interface Stored {
  readonly revision: number
  readonly data: Uint8Array
}

/**
 * The node ports that are taken, in the store as a RangeAllocation, so that several API servers do not give one away twice
 * and a crash between a port and its Service leaves nothing worse than a leak (port-repair.ts).
 */
export class PortAllocator {
  readonly range: PortRange
  readonly #store: Store
  /** The last state seen, from which the next write is tried without reading. */
  #last: Stored | undefined

  constructor(store: Store, range: PortRange) {
    this.#store = store
    this.range = range
  }

  /** The ports as they are now; changes of the set are not stored. */
  async peek(): Promise<PortSet> {
    return this.#portsOf(await this.#read())
  }

  /**
   * Lets `change` take and release ports, and stores what it made of them; it runs again when another server was faster.
   * What it throws is thrown, and nothing is stored then.
   */
  async update<R>(change: (ports: PortSet) => R): Promise<R> {
    for (;;) {
      const stored = this.#last ?? (await this.#read())
      const ports = this.#portsOf(stored)
      const result = change(ports)
      const data = ports.toBytes()
      if (stored.revision > 0 && Buffer.compare(data, stored.data) === 0) return result
      try {
        const revision = await this.#store.put(KEY, encodeStored(this.#object(data)), stored.revision)
        this.#last = { revision, data }
        return result
      } catch (error) {
        this.#last = undefined
        if (!(error instanceof RevisionMismatch)) throw error
      }
    }
  }

  async #read(): Promise<Stored> {
    const { entry } = await this.#store.get(KEY)
    if (!entry) return { revision: 0, data: new Uint8Array() }
    const stored = new StoredObject(KEY, entry.value, entry.revision)
    const { data, range } = stored.object() as unknown as RangeAllocation
    // A range that has been changed begins anew: the repair takes the ports of the Services that are there.
    const bytes = range === rangeText(this.range) ? Buffer.from(data ?? '', 'base64') : new Uint8Array()
    return { revision: entry.revision, data: bytes }
  }

  #portsOf({ data }: Stored): PortSet {
    return PortSet.fromBytes(this.range, data)
  }

  #object(data: Buffer): ApiObject {
    const fields = { range: rangeText(this.range), data: data.toString('base64') }
    return { kind: 'RangeAllocation', apiVersion: 'v1', metadata: {}, ...fields } as ApiObject
  }
}
