/**
 * How values of a type merge, field by field: what server-side apply and managed fields know of a schema
 * (structured-merge-diff's atoms). Made from the schema table for built-in kinds, from the structural schema for custom
 * resources. Types may refer to themselves: `field` and `value` are asked when they are needed, and give the same object
 * each time.
 */
export type MergeType =
  /** One value, owned as a whole: a scalar, an atomic list or map. */
  | { readonly kind: 'leaf' }
  /** A struct or map whose members are owned each by itself. */
  | { readonly kind: 'object'; field(name: string): MergeType }
  /** A list of scalars, each owned by its value. */
  | { readonly kind: 'set' }
  /** A list whose items are told apart by some of their fields; `defaults` stand for keys that an item leaves out. */
  | {
      readonly kind: 'list-map'
      readonly keys: readonly string[]
      readonly defaults: Readonly<Record<string, unknown>>
      readonly element: MergeType
    }
  /** Without a schema: maps merge by member, lists are atomic, everything else is one value. */
  | { readonly kind: 'deduced' }

export const LEAF: MergeType = Object.freeze({ kind: 'leaf' })
export const DEDUCED: MergeType = Object.freeze({ kind: 'deduced' })
