import type { ApiObject } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import { type DeepReadonly, deepFreeze, editable } from '../../base/deep-readonly.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** An object that is answered as if it were stored: the result of a dry run. */
export class UnstoredObject implements CachedObject {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: number
  readonly #object: DeepReadonly<ApiObject>

  /** Takes ownership. `revision` 0: the object shows no resourceVersion. */
  constructor(key: string, object: ApiObject, revision = 0) {
    this.key = key
    this.namespace = object.metadata.namespace ?? ''
    this.name = object.metadata.name ?? ''
    this.revision = revision
    object.metadata.resourceVersion = revision === 0 ? (undefined as unknown as string) : String(revision)
    this.#object = deepFreeze(object)
  }

  object(): DeepReadonly<ApiObject> {
    return this.#object
  }

  get size(): number {
    return this.json().length
  }

  withRevision(revision: number): UnstoredObject {
    return new UnstoredObject(this.key, editable<ApiObject>(this.#object), revision)
  }

  labels(): Labels | undefined {
    return this.object().metadata.labels
  }

  json(): Uint8Array {
    return Buffer.from(JSON.stringify(this.#object))
  }
}
