import type { ApiObject } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import { type DeepReadonly, deepFreeze } from '../../base/deep-readonly.ts'
import { labelsIn } from './stored-labels.ts'
import { layoutOf, type StoredLayout, spliceRevision } from './stored-layout.ts'
import type { CachedObject } from './watch-cache.ts'

/** An object over the bytes that the store has of it; whatever else it can give is made when first asked for. */
export class StoredObject<T extends ApiObject = ApiObject> implements CachedObject<T> {
  readonly key: string
  readonly revision: number
  views: Map<object, CachedObject> | undefined
  /** One copy: first as stored, from the first `json()` on with the revision. */
  #bytes: Uint8Array
  #layout: StoredLayout
  #isSpliced = false
  #object: DeepReadonly<T> | undefined
  #namespace: string | undefined

  /** `value` is what `encodeStored` made, unless its `layout` says otherwise. */
  constructor(key: string, value: Uint8Array, revision: number, layout: StoredLayout = layoutOf(value)) {
    this.key = key
    this.revision = revision
    this.#bytes = value
    this.#layout = layout
  }

  get name(): string {
    return this.key.slice(this.key.lastIndexOf('/') + 1)
  }

  get namespace(): string {
    this.#namespace ??= this.#object ? (this.#object.metadata.namespace ?? '') : this.#readNamespace()
    return this.#namespace
  }

  get size(): number {
    return this.#bytes.length
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

  object(): DeepReadonly<T> {
    this.#object ??= frozen(JSON.parse(textOf(this.json())) as T)
    return this.#object
  }

  labels(): Labels | undefined {
    if (this.#object) return this.#object.metadata.labels
    const labels = labelsIn(this.#bytes, this.#layout)
    return labels === 'unknown' ? this.object().metadata.labels : labels
  }

  /** The same object as of another revision: what a deletion shows. */
  withRevision(revision: number): StoredObject<T> {
    return new StoredObject<T>(this.key, this.#bytes, revision, this.#layout)
  }

  release(): void {
    this.#object = undefined
    this.views = undefined
  }

  /** From the beginning of the JSON alone, as it ends within metadata: no need to decode the whole object. */
  #readNamespace(): string {
    const start = textOf(this.#bytes.subarray(this.#layout.begin, this.#layout.head))
    const { metadata } = JSON.parse(`${start.replace(/,$/, '')}}}`) as ApiObject
    return metadata.namespace ?? ''
  }
}

/**
 * Frozen at every depth, but for what lies within a set of fields: those are many small objects that nobody looks at, and
 * freezing them would cost as much as reading them.
 */
function frozen<T extends ApiObject>(object: T): DeepReadonly<T> {
  for (const { fieldsV1 } of object.metadata.managedFields ?? []) Object.freeze(fieldsV1)
  return deepFreeze(object)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
