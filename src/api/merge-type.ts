/**
 * How values of a type merge, field by field: what server-side apply and managed fields know of a schema
 * (structured-merge-diff's atoms). Made from the schema table for built-in kinds, from the structural schema for custom
 * resources. Types may refer to themselves: `field` and `element` are asked when they are needed, and give the same object
 * each time.
 */
export type MergeType = LeafType | ObjectType | SetType | ListMapType | DeducedType

/** One value, owned as a whole: a scalar, an atomic list or map. */
export interface LeafType {
  readonly kind: 'leaf'
  /** What an applied configuration may have here; anything when absent. */
  readonly holds?: Holds
}

/** A struct or map whose members are owned each by itself. */
export interface ObjectType {
  readonly kind: 'object'
  /** The type of a member; undefined for a name that may not be there. */
  field(name: string): MergeType | undefined
  /** Whether the name is a field of the schema, not the key of a map. A struct's own fields exist as soon as it does. */
  declares(name: string): boolean
}

/** A list of scalars, each owned by its value. */
export interface SetType {
  readonly kind: 'set'
  readonly holds?: Holds
}

/** A list whose items are told apart by some of their fields; `defaults` stand for keys that an item leaves out. */
export interface ListMapType {
  readonly kind: 'list-map'
  readonly keys: readonly string[]
  readonly defaults: Readonly<Record<string, unknown>>
  readonly element: MergeType
}

/** Without a schema: maps merge by member, lists are atomic, everything else is one value. */
export interface DeducedType {
  readonly kind: 'deduced'
}

/** What a value that is owned as a whole looks like: `scalar` is any string, number or bool. */
export type Holds =
  | 'string'
  | 'number'
  | 'boolean'
  | 'scalar'
  | { readonly list: MergeType }
  | { readonly object: ObjectType }

export const LEAF: LeafType = Object.freeze({ kind: 'leaf' })
export const DEDUCED: DeducedType = Object.freeze({ kind: 'deduced' })

/** A map whose members have no schema either. */
export const DEDUCED_MAP: ObjectType = Object.freeze({ kind: 'object', field: () => DEDUCED, declares: () => false })
