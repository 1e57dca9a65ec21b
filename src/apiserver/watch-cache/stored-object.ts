import type { ApiObject } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { asStored } from './as-stored.ts'
import { frozen } from './frozen.ts'
import { metadataStart, type PlacedJson } from './placed-json.ts'
import { labelsIn } from './stored-labels.ts'
import {
  layoutOf,
  OFFSET_BYTES,
  type StoredLayout,
  splicedLength,
  spliceRevision,
  writeSpliced,
} from './stored-layout.ts'
import type { CachedObject } from './watch-cache.ts'

/** An object over the bytes that the store has of it; whatever else it can give is made when first asked for. */
export class StoredObject<T extends ApiObject = ApiObject> implements CachedObject<T>, PlacedJson {
  readonly key: string
  readonly revision: number
  views: Map<object, CachedObject> | undefined
  /** One copy: first as stored, from the first `json()` on with the revision. */
  #bytes: Uint8Array
  #layout: StoredLayout
  #isSpliced = false
  #object: DeepReadonly<T> | undefined
  /** What the bytes were made of: then they need not be decoded. */
  #source: T | undefined
  /** The same content under another revision, until the object is asked for: what that has decoded is ours, too. */
  #twin: StoredObject<T> | undefined
  #namespace: string | undefined

  /** `value` is what `encodeStored` made, unless its `layout` says otherwise; of `source`, if that is given away with it. */
  constructor(key: string, value: Uint8Array, revision: number, layout: StoredLayout = layoutOf(value), source?: T) {
    this.key = key
    this.revision = revision
    this.#bytes = value
    this.#layout = layout
    this.#source = source
  }

  get name(): string {
    return this.key.slice(this.key.lastIndexOf('/') + 1)
  }

  get namespace(): string {
    const decoded = this.#object ?? this.#source
    this.#namespace ??= decoded ? (decoded.metadata.namespace ?? '') : this.#readNamespace()
    return this.#namespace
  }

  /** Of the value as stored: the same before and after the revision is in it. */
  get size(): number {
    return OFFSET_BYTES + this.#layout.head - this.#layout.begin + this.#bytes.length - this.#layout.tail
  }

  json(): Uint8Array {
    if (!this.#isSpliced) {
      const { json, layout } = spliceRevision(this.#bytes, this.#layout, this.revision)
      this.#bytes = json
      this.#layout = layout
      this.#isSpliced = true
    }
    return this.#bytes
  }

  get jsonLength(): number {
    return this.#isSpliced ? this.#bytes.length : splicedLength(this.#bytes, this.#layout, this.revision)
  }

  metadataStart(guess: number): number {
    return metadataStart(this.#bytes, this.#layout.begin, guess)
  }

  copyJson(target: Buffer, at: number, from: number): void {
    if (this.#isSpliced) target.set(from === 0 ? this.#bytes : this.#bytes.subarray(from), at)
    else writeSpliced(target, at, { bytes: this.#bytes, layout: this.#layout, revision: this.revision, from })
  }

  object(): DeepReadonly<T> {
    this.#object ??= this.#made()
    this.#source = undefined
    this.#twin = undefined
    return this.#object
  }

  /** Lets go of what the bytes were made of, unless somebody has asked for the object by now. */
  releaseSource(): void {
    this.#source = undefined
  }

  /** Whether `value` has this object's bytes, whatever the revision. */
  isOf(value: Uint8Array): boolean {
    const [ours, theirs] = [this.#layout, layoutOf(value)]
    return (
      bytesOf(this.#bytes, ours.tail).equals(bytesOf(value, theirs.tail)) &&
      bytesOf(this.#bytes, ours.begin, ours.head).equals(bytesOf(value, theirs.begin, theirs.head))
    )
  }

  labels(): Labels | undefined {
    if (this.#object) return this.#object.metadata.labels
    const labels = labelsIn(this.#bytes, this.#layout)
    return labels === 'unknown' ? this.object().metadata.labels : labels
  }

  /** The same object as of another revision: what a deletion shows. */
  withRevision(revision: number): StoredObject<T> {
    const other = new StoredObject<T>(this.key, this.#bytes, revision, this.#layout)
    other.#twin = this
    return other
  }

  release(): void {
    this.#object = undefined
    this.#source = undefined
    this.#twin = undefined
    this.views = undefined
  }

  #made(): DeepReadonly<T> {
    if (this.#source) return asStored(this.#source, this.revision)
    const twin = this.#twin
    if (twin && (twin.#object || twin.#source)) return atRevision(twin.object(), this.revision)
    return frozen(JSON.parse(textOf(this.json())) as T)
  }

  /** From the beginning of the JSON alone, as it ends within metadata: no need to decode the whole object. */
  #readNamespace(): string {
    const start = textOf(this.#bytes.subarray(this.#layout.begin, this.#layout.head))
    const { metadata } = JSON.parse(`${start.replace(/,$/, '')}}}`) as ApiObject
    return metadata.namespace ?? ''
  }
}

/** The same object as of another revision; all but the object itself and its metadata is shared. */
function atRevision<T extends ApiObject>(object: DeepReadonly<T>, revision: number): DeepReadonly<T> {
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: String(revision) })
  return Object.freeze({ ...object, metadata }) as DeepReadonly<T>
}

const bytesOf = (bytes: Uint8Array, start: number, end = bytes.length): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
