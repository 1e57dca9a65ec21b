import { compare } from '../../api/patch/apply/compare.ts'
import { CreatedFields } from '../../api/patch/apply/created-fields.ts'
import { ElementError } from '../../api/patch/apply/element.ts'
import { type FieldSet, isEmpty, NOTHING, union } from '../../api/patch/apply/field-set.ts'
import type { OwnableFields } from '../../api/patch/apply/ownable-fields.ts'
import { type EntriesUpdate, newEntry, updatedEntries } from '../../api/patch/apply/update-entries.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import { StatusError } from '../../api/status-error.ts'
import { type Clock, timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { Applications } from './applications.ts'
import { type Entries, givenEntries, setEntries } from './entries-of.ts'
import type { Application, FieldManager } from './field-manager.ts'
import type { ManagedKind } from './managed-kind.ts'
import { updateAcrossVersions } from './update-across-versions.ts'

interface Change {
  /** Added or modified. */
  readonly set: FieldSet
  readonly removed: FieldSet
}

/** Field managers as upstream has them. Updates are worked out at once unless an entry is of another version. */
export class TrackedFields implements FieldManager {
  readonly #kind: ManagedKind
  readonly #clock: Clock
  readonly #ownable: OwnableFields
  readonly #applications: Applications
  readonly #empty: JsonObject
  readonly #created: CreatedFields

  constructor(kind: ManagedKind, clock: Clock) {
    this.#kind = kind
    this.#clock = clock
    this.#ownable = kind.ownable(kind.apiVersion)
    this.#applications = new Applications(kind, clock)
    this.#empty = this.#ownable.shown(kind.empty)
    this.#created = new CreatedFields(kind.type, this.#empty, (fields) => this.#owned(fields))
  }

  create(object: ApiObject, manager: string): void {
    const given = givenEntries(object, undefined)
    unlessUnknown(object, () => {
      if (given.length > 0) return updatedEntries(this.#update(given, this.#change(this.#empty, object), manager))
      const set = this.#created.of(this.#ownable.shown(object as unknown as JsonObject))
      return isEmpty(set) ? undefined : [newEntry(this.#update(given, { set, removed: NOTHING }, manager))]
    })
  }

  update(object: ApiObject, live: DeepReadonly<ApiObject>, manager: string): void | Promise<void> {
    if (this.#kind.subresource !== '') delete object.metadata.managedFields
    const given = givenEntries(object, live)
    if (given.length === 0) return setEntries(object, undefined)
    if (given.some(({ apiVersion }) => apiVersion !== this.#kind.apiVersion)) {
      return updateAcrossVersions(this.#kind, { object, live, given, manager, now: this.#now() })
    }
    unlessUnknown(object, () => {
      const change = this.#change(this.#ownable.shown(live as unknown as JsonObject), object)
      if (isEmpty(change.set) && isEmpty(change.removed)) return given
      return updatedEntries(this.#update(given, change, manager))
    })
  }

  apply(application: Application): Promise<ApiObject> {
    return this.#applications.apply(application)
  }

  #change(live: JsonObject, object: ApiObject): Change {
    const next = this.#ownable.shown(object as unknown as JsonObject)
    const { added, modified, removed } = compare(this.#kind.type, live, next)
    return { set: this.#owned(union(modified, added)), removed: this.#owned(removed) }
  }

  #owned(fields: FieldSet): FieldSet {
    return this.#ownable.isShown ? fields : this.#ownable.filter(fields)
  }

  #update(entries: Entries, { set, removed }: Change, manager: string): EntriesUpdate {
    const { apiVersion, subresource } = this.#kind
    return { entries, set, removed, manager: { manager, apiVersion, subresource }, now: this.#now() }
  }

  #now(): string {
    return timestamp(this.#clock.now())
  }
}

/** A write does not fail because nobody can say who owns what: then nobody does. Upstream: UpdateNoErrors. */
function unlessUnknown(object: ApiObject, entries: () => Entries | undefined): void {
  try {
    setEntries(object, entries())
  } catch (error) {
    if (!isUnknown(error)) throw error
    setEntries(object, undefined)
  }
}

/** Items of a list that cannot be told apart, or a version that an object cannot be converted to. */
export const isUnknown = (error: unknown): boolean => error instanceof ElementError || error instanceof StatusError
