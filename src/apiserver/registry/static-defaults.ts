import type { FieldSchema, FieldType } from '../../api/schema/schema.ts'
import { typeSchema } from '../../api/schema/schema.ts'

/** Fills in the defaults that the schema table has for a type and the types within it. Changes the object. */
export type Defaulter = (object: Record<string, unknown>) => void

const defaulters = new Map<string, Defaulter | undefined>()

/** The defaulter of a type, undefined when nothing within it has a default. */
export function staticDefaults(typeName: string): Defaulter | undefined {
  if (defaulters.has(typeName)) return defaulters.get(typeName)
  let made: Defaulter | undefined
  defaulters.set(typeName, (object) => made?.(object)) // for types that refer to themselves
  made = compile(typeSchema(typeName).fields ?? [])
  defaulters.set(typeName, made)
  return made
}

function compile(fields: readonly FieldSchema[]): Defaulter | undefined {
  const steps = fields.map(fieldDefaulter).filter((step) => step !== undefined)
  if (steps.length === 0) return undefined
  return (object) => {
    for (const step of steps) step(object)
  }
}

/** A default that Go would not write (omitempty) is none. */
const isWritten = ({ default: value, zero }: FieldSchema): boolean =>
  value !== undefined && !(zero === 'drop' && (value === '' || value === 0 || value === false))

function fieldDefaulter(field: FieldSchema): Defaulter | undefined {
  const { name, default: value } = field
  if (isWritten(field)) {
    return (object) => {
      object[name] ??= value
    }
  }
  const inner = innerDefaulter(field.type)
  if (!inner) return undefined
  return (object) => {
    if (object[name] !== undefined && object[name] !== null) inner(object[name])
  }
}

function innerDefaulter(type: FieldType): ((value: unknown) => void) | undefined {
  if (typeof type === 'string') return undefined
  if ('ref' in type) {
    const struct = staticDefaults(type.ref)
    return struct && ((value) => struct(value as Record<string, unknown>))
  }
  const element = innerDefaulter('list' in type ? type.list : type.map)
  if (!element) return undefined
  if ('list' in type) {
    return (values) => {
      for (const value of values as unknown[]) if (value !== null) element(value)
    }
  }
  return (values) => {
    for (const value of Object.values(values as object)) if (value !== null) element(value)
  }
}
