import type { FieldValidation, Normalised } from './codec/normalise.ts'
import type { MergeType } from './merge-type.ts'
import type { ApiObject } from './resource.ts'

/**
 * How the objects of one version of a kind are read, completed and merged: by the schema table for built-in kinds, by
 * their CustomResourceDefinition's schema for others. Everything above this interface treats both alike.
 */
export interface ObjectModel {
  /**
   * A decoded object as this version has it: fields in the order in which they are written, unknown ones left out (and
   * told as problems, unless `strict` is Ignore), values canonical. The input stays as it is. Throws DecodeError.
   */
  normalise<T>(value: unknown, options: { strict: FieldValidation }): Normalised<T>
  /** Fills in the schema's own defaults; a kind's computed ones come after. Changes the object. */
  applyDefaults(object: ApiObject): void
  readonly mergeType: MergeType
  /**
   * Name of the type in the schema table, for what only built-in kinds have: protobuf and strategic merge patch. Absent
   * for custom resources.
   */
  readonly typeName?: string
}
