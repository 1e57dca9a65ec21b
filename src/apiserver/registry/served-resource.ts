import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import { type DeepReadonly, deepFreeze, editable } from '../../base/deep-readonly.ts'
import { ownBytes } from '../../base/own-bytes.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { Conversion } from './conversions/conversion.ts'
import { KindFace } from './kind-face.ts'
import { modelOf } from './model-of.ts'
import type { ResourceStorage } from './resource-storage.ts'

/** A resource in a version that is served: the stored version itself, or a view of it. */
export class ServedResource {
  /** As clients see it. */
  readonly definition: ResourceDefinition
  /** Absent for resources that are only answered, never stored (reviews, bindings, componentstatuses). */
  readonly storage: ResourceStorage | undefined
  /** The rules that writes through this resource follow, where they are not those of the stored kind. */
  readonly face: KindFace | undefined
  readonly #conversion: Conversion | undefined

  constructor(definition: ResourceDefinition, storage?: ResourceStorage, conversion?: Conversion) {
    this.definition = definition
    this.storage = storage
    this.#conversion = conversion
    const foreign = conversion && storage?.definition.group !== definition.group
    this.face = foreign ? new KindFace(definition, conversion) : undefined
  }

  /** A stored object as this version shows it; the same object where versions are the same. */
  view(stored: CachedObject): CachedObject {
    if (this.storage?.form) return this.storage.form.view(stored)
    if (!this.#conversion) return stored
    const known = stored.views?.get(this)
    if (known) return known
    const view = new ConvertedObject(stored, this.#conversion, this.definition)
    stored.views ??= new Map()
    stored.views.set(this, view)
    return view
  }

  /** Whether objects are shown as they are stored. */
  get isAsStored(): boolean {
    return !this.storage?.form && !this.#conversion
  }

  /** The views of several; the same array where versions are the same. */
  views(stored: readonly CachedObject[]): readonly CachedObject[] {
    if (this.isAsStored) return stored
    return stored.map((object) => this.view(object))
  }

  /** What has to be waited for before `view` can show these objects; undefined for nothing. Rejects with a StatusError. */
  prepare(stored: readonly CachedObject[]): Promise<void> | undefined {
    return this.storage?.form?.prepare(stored)
  }

  /** An object of this version as its storage takes it. Takes ownership. */
  toStored(object: ApiObject): ApiObject {
    if (!this.#conversion || !this.storage) return object
    const converted = this.#conversion.toStored(object as DeepReadonly<ApiObject>)
    return modelOf(this.storage.definition).normalise<ApiObject>(converted, { strict: 'Ignore' }).object
  }

  /** The other way. Takes ownership. */
  fromStored(object: ApiObject): ApiObject | Promise<ApiObject> {
    if (this.storage?.form) return this.storage.form.fromStored(object)
    if (!this.#conversion) return object
    const converted = this.#conversion.toServed(object as DeepReadonly<ApiObject>)
    return modelOf(this.definition).normalise<ApiObject>(converted, { strict: 'Ignore' }).object
  }
}

/**
 * An object of one served version in another version of its kind. Undefined when that is no version of it. Rejects with a
 * StatusError when the object cannot be converted.
 */
export function convertedTo(
  object: DeepReadonly<ApiObject>,
  from: ServedResource,
  to: ServedResource,
): ApiObject | Promise<ApiObject> | undefined {
  const [source, target] = [from.storage, to.storage]
  if (!source || source.prefix !== target?.prefix) return undefined
  const own = editable<ApiObject>(object)
  const stored = source.form ? source.form.toStored(own) : from.toStored(own)
  return stored instanceof Promise ? stored.then((one) => to.fromStored(one)) : to.fromStored(stored)
}

class ConvertedObject implements CachedObject {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: number
  readonly #stored: CachedObject
  readonly #conversion: Conversion
  readonly #definition: ResourceDefinition
  #object: DeepReadonly<ApiObject> | undefined
  #json: Uint8Array | undefined

  constructor(stored: CachedObject, conversion: Conversion, definition: ResourceDefinition) {
    this.key = stored.key
    this.namespace = stored.namespace
    this.name = stored.name
    this.revision = stored.revision
    this.#stored = stored
    this.#conversion = conversion
    this.#definition = definition
  }

  get size(): number {
    return this.#stored.size
  }

  withRevision(revision: number): ConvertedObject {
    return new ConvertedObject(this.#stored.withRevision(revision), this.#conversion, this.#definition)
  }

  object(): DeepReadonly<ApiObject> {
    this.#object ??= deepFreeze(this.#converted())
    return this.#object
  }

  labels(): Labels | undefined {
    return this.object().metadata.labels
  }

  json(): Uint8Array {
    this.#json ??= ownBytes(JSON.stringify(this.object()))
    return this.#json
  }

  #converted(): ApiObject {
    const served = this.#conversion.toServed(this.#stored.object())
    return modelOf(this.#definition).normalise<ApiObject>(served, { strict: 'Ignore' }).object
  }
}
