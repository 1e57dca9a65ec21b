import type { ApiObject } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import { type DeepReadonly, deepFreeze } from '../../base/deep-readonly.ts'
import { ownBytes } from '../../base/own-bytes.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** A custom resource as a served version shows it, where that is not what is stored. */
export class CustomObject implements CachedObject {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: number
  readonly size: number
  readonly #object: DeepReadonly<ApiObject>
  #json: Uint8Array | undefined

  /** Takes ownership of the object, whose resourceVersion is the revision. */
  constructor({ key, namespace, name, revision, size }: Omit<CachedObject, 'json' | 'object'>, object: ApiObject) {
    this.key = key
    this.namespace = namespace
    this.name = name
    this.revision = revision
    this.size = size
    this.#object = deepFreeze(object)
  }

  object(): DeepReadonly<ApiObject> {
    return this.#object
  }

  labels(): Labels | undefined {
    return this.object().metadata.labels
  }

  json(): Uint8Array {
    this.#json ??= ownBytes(JSON.stringify(this.#object))
    return this.#json
  }

  withRevision(revision: number): CustomObject {
    const { key, namespace, name, size } = this
    const metadata = { ...this.#object.metadata, resourceVersion: String(revision) }
    const object = { ...this.#object, metadata } as ApiObject
    return new CustomObject({ key, namespace, name, revision, size } as CachedObject, object)
  }
}
