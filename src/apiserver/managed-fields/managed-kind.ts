import type { MergeType } from '../../api/merge-type.ts'
import type { VersionConverter } from '../../api/patch/apply/managers.ts'
import type { OwnableFields } from '../../api/patch/apply/ownable-fields.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'

/** What a field manager knows of the kind in the version that is written. */
export interface ManagedKind {
  readonly apiVersion: string
  readonly kind: string
  /** `''` for the object itself. */
  readonly subresource: string
  readonly type: MergeType
  /** An object before anything was set in it. */
  readonly empty: JsonObject
  /** What writers can own through this subresource in one of the kind's versions. */
  ownable(apiVersion: string): OwnableFields
  readonly converter: VersionConverter
}
