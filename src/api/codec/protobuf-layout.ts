import type { FieldSchema, TypeSchema } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'

/** What a field number means: a field of the JSON object, or a nested message whose fields JSON flattens. */
export type ProtobufField =
  | { readonly number: number; readonly field: FieldSchema; readonly index: number }
  | { readonly number: number; readonly nested: readonly ProtobufField[] }

export interface ProtobufLayout {
  /** In rising order of their numbers. */
  readonly fields: readonly ProtobufField[]
  /** Fields that would be lost: they have no number, and are not the kind and apiVersion that the envelope has. */
  readonly unnumbered: readonly string[]
  readonly type: TypeSchema
}

/** How a type of the schema table is laid out as a protobuf message. */
export function protobufLayout(typeName: string): ProtobufLayout {
  const type = typeSchema(typeName)
  const placed = (type.fields ?? []).map((field, index) => ({ field, index, path: [field.proto ?? []].flat() }))
  const isTypeMeta = (name: string): boolean => type.gvk !== undefined && (name === 'kind' || name === 'apiVersion')
  return {
    type,
    fields: arrange(placed.filter(({ path }) => path.length > 0)),
    unnumbered: placed
      .filter(({ path, field }) => path.length === 0 && !isTypeMeta(field.name))
      .map(({ field }) => field.name),
  }
}

interface Placed {
  readonly field: FieldSchema
  readonly index: number
  /** Numbers from here on, outermost first. */
  readonly path: readonly number[]
}

/** Fields that share their first number and have more are in one message under it. */
function arrange(placed: readonly Placed[]): ProtobufField[] {
  const byNumber = Map.groupBy(placed, ({ path }) => path[0] as number)
  return [...byNumber]
    .sort(([left], [right]) => left - right)
    .map(([number, group]) => {
      const [first] = group as [Placed]
      if (first.path.length === 1) return { number, field: first.field, index: first.index }
      return { number, nested: arrange(group.map((inner) => ({ ...inner, path: inner.path.slice(1) }))) }
    })
}
