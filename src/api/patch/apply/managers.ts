import type { MergeType } from '../../merge-type.ts'
import type { JsonObject } from '../json-value.ts'
import type { PathElement } from './element.ts'
import type { FieldSet } from './field-set.ts'

/** What one manager owns, in the version in which it wrote. */
export interface ManagedSet {
  readonly fields: FieldSet
  readonly apiVersion: string
  /** By server-side apply, not by an update. */
  readonly applied: boolean
}

/** What is owned by each manager, by its identifier. */
export type Managers = ReadonlyMap<string, ManagedSet>

/** An object in one of its versions; null after everything was taken out of it. */
export interface VersionedObject {
  readonly apiVersion: string
  readonly type: MergeType
  readonly value: JsonObject | null
}

export interface VersionConverter {
  /** The object in another version; undefined when that is not served any more. Rejects when it cannot be converted. */
  convert(
    object: VersionedObject,
    apiVersion: string,
  ): VersionedObject | undefined | Promise<VersionedObject | undefined>
}

/** Takes out of a set what a version's writers cannot own. */
export type FieldFilter = (fields: FieldSet, apiVersion: string) => FieldSet

/** What ownership is worked out with. */
export interface OwnershipRules {
  readonly converter: VersionConverter
  readonly filter: FieldFilter
}

/** One field that another manager owns with another value. */
export interface FieldConflict {
  readonly manager: string
  readonly path: readonly PathElement[]
}

/** An apply without force would change what others own. */
export class FieldConflicts extends Error {
  readonly conflicts: readonly FieldConflict[]

  constructor(conflicts: readonly FieldConflict[]) {
    super(`${conflicts.length} conflicts`)
    this.conflicts = conflicts
  }
}
