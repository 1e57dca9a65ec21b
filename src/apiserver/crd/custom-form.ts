import { isDeepStrictEqual } from 'node:util'
import type { CustomModel } from '../../api/crd/index.ts'
import type { ApiObject } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'
import { Reason, StatusError } from '../../api/status-error.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectForm } from '../registry/object-form.ts'
import { StoredObject } from '../watch-cache/stored-object.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { CustomObject } from './custom-object.ts'

/** Converts whole objects between versions of a kind by asking somebody else: a webhook. */
export interface RemoteConversion {
  /** The objects in the wanted version, in the same order. Rejects with a StatusError. */
  convert(objects: readonly DeepReadonly<ApiObject>[], apiVersion: string): Promise<ApiObject[]>
}

export interface CustomFormInit {
  readonly group: string
  /** The version that this form shows. */
  readonly version: string
  readonly storageVersion: string
  /** The model of a version by its name; undefined for one that the definition does not have. */
  model(version: string): CustomModel | undefined
  /** Absent: versions differ in nothing but their name (conversion strategy None). */
  readonly conversion?: RemoteConversion
}

/** One conversion asks for this many objects at most: a review of more would be too large to send. */
const OBJECTS_A_REVIEW = 500

/**
 * Objects of one served version of a custom resource. Reading takes an object as the schema of its own version has it now
 * (fields that left it are pruned, new defaults filled in), converts it, and prunes it by the schema of this version.
 * Upstream: the codec of crdConversionRESTOptionsGetter.
 */
export class CustomForm implements ObjectForm {
  readonly #init: CustomFormInit
  readonly #apiVersion: string
  /** By stored object. A stored object that looks as it is stored is its own view. */
  readonly #views = new WeakMap<CachedObject, CachedObject>()
  readonly #stored = new WeakMap<CachedObject, CachedObject>()
  readonly #pending = new WeakMap<CachedObject, Promise<void>>()

  constructor(init: CustomFormInit) {
    this.#init = init
    this.#apiVersion = groupVersion(init)
  }

  view(stored: CachedObject): CachedObject {
    if (!(stored instanceof StoredObject)) return stored
    const known = this.#views.get(stored)
    if (known) return known
    if (this.#isRemote(stored)) throw new Error(`${stored.key} is shown before it was converted`)
    return this.#keep(stored, this.#renamed(this.#read(stored)))
  }

  prepare(stored: readonly CachedObject[]): Promise<void> | undefined {
    if (!this.#init.conversion) return undefined
    const missing = stored.filter((one) => one instanceof StoredObject && !this.#views.has(one) && this.#isRemote(one))
    if (missing.length === 0) return undefined
    const [only] = missing
    if (only && missing.length === 1) return this.#prepareOne(only)
    const fresh = missing.filter((one) => !this.#pending.has(one))
    for (let start = 0; start < fresh.length; start += OBJECTS_A_REVIEW) {
      this.#convert(fresh.slice(start, start + OBJECTS_A_REVIEW))
    }
    return Promise.all(missing.map((one) => this.#pending.get(one))).then(() => undefined)
  }

  /** An object that is asked for alone does not fail with others that it happens to be converted with. */
  #prepareOne(stored: CachedObject): Promise<void> | undefined {
    const underWay = this.#pending.get(stored)
    if (!underWay) this.#convert([stored])
    return underWay?.catch(() => this.prepare([stored])) ?? this.#pending.get(stored)
  }

  storedOf(view: CachedObject): CachedObject {
    return this.#stored.get(view) ?? view
  }

  toStored(object: ApiObject): ApiObject | Promise<ApiObject> {
    const { group, version, storageVersion, conversion } = this.#init
    if (version === storageVersion) return object
    const apiVersion = groupVersion({ group, version: storageVersion })
    if (!conversion) return this.#pruned({ ...object, apiVersion }, storageVersion)
    return conversion
      .convert([object as DeepReadonly<ApiObject>], apiVersion)
      .then(([converted]) => this.#pruned(converted as ApiObject, storageVersion))
  }

  fromStored(object: ApiObject): ApiObject | Promise<ApiObject> {
    const { version, storageVersion, conversion } = this.#init
    if (version === storageVersion) return object
    if (!conversion) return this.#renamed(object)
    return conversion
      .convert([object as DeepReadonly<ApiObject>], this.#apiVersion)
      .then(([converted]) => this.#pruned(converted as ApiObject, version))
  }

  written(stored: CachedObject): void {
    if (this.#init.version === this.#init.storageVersion) this.#views.set(stored, stored)
  }

  #convert(objects: readonly CachedObject[]): void {
    const done = this.#converted(objects).finally(() => {
      for (const one of objects) this.#pending.delete(one)
    })
    for (const one of objects) this.#pending.set(one, done)
  }

  async #converted(objects: readonly CachedObject[]): Promise<void> {
    const read = objects.map((one) => this.#read(one) as DeepReadonly<ApiObject>)
    const converted = (await this.#init.conversion?.convert(read, this.#apiVersion)) ?? []
    objects.forEach((one, index) => {
      this.#keep(one, this.#pruned(converted[index] as ApiObject, this.#init.version))
    })
  }

  #isRemote(stored: CachedObject): boolean {
    return this.#init.conversion !== undefined && stored.object().apiVersion !== this.#apiVersion
  }

  /** The object in the version that it is stored in, as that version's schema has it now. */
  #read(stored: CachedObject): ApiObject {
    const [group, version = ''] = stored.object().apiVersion?.split('/') ?? []
    const model = group === this.#init.group ? this.#init.model(version) : undefined
    if (!model) throw unknownVersion(stored)
    return model.stored(stored.object())
  }

  #renamed(object: ApiObject): ApiObject {
    if (object.apiVersion === this.#apiVersion) return object
    return this.#pruned({ ...object, apiVersion: this.#apiVersion }, this.#init.version)
  }

  #pruned(object: ApiObject, version: string): ApiObject {
    return this.#init.model(version)?.normalise<ApiObject>(object, { strict: 'Ignore' }).object ?? object
  }

  #keep(stored: CachedObject, object: ApiObject): CachedObject {
    const view = isDeepStrictEqual(object, stored.object()) ? stored : new CustomObject(stored, object)
    this.#views.set(stored, view)
    if (view !== stored) this.#stored.set(view, stored)
    return view
  }
}

/** Its version was taken out of the definition, in spite of what that says is stored. */
const unknownVersion = (stored: CachedObject): StatusError =>
  new StatusError({
    code: 500,
    reason: Reason.Unknown,
    message: `request to convert CR from an invalid group/version: ${stored.object().apiVersion}`,
  })
