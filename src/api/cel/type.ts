export type TypeKind =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'param'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'uint'

/** The types of a struct's fields, which may be found out when they are asked for. */
export interface FieldTypes {
  get(name: string): CelType | undefined
}

/** A type of CEL. It is also the value of `type(x)`. Two types with the same text are the same type. */
export class CelType {
  readonly kind: TypeKind
  /** What `type(x)` is compared by: `int`, `list`, `google.protobuf.Timestamp`, `kubernetes.Quantity`. */
  readonly name: string
  readonly parameters: readonly CelType[]
  /** The fields of a struct, by their escaped names. */
  readonly fields: FieldTypes
  /** As errors write it: `list(string)`. */
  readonly text: string

  constructor(kind: TypeKind, name: string, parameters: readonly CelType[] = [], fields: FieldTypes = NO_FIELDS) {
    this.kind = kind
    this.name = name
    this.parameters = parameters
    this.fields = fields
    this.text = textOf(this)
  }

  /** Parameter `index`, dyn where there is none. */
  parameter(index: number): CelType {
    return this.parameters[index] ?? Types.dyn
  }

  is(other: CelType): boolean {
    return this === other || (this.kind === other.kind && this.text === other.text)
  }
}

const NO_FIELDS: FieldTypes = { get: () => undefined }

/** Kinds whose name is for the runtime, and how errors call them. */
const SHORT: Partial<Record<TypeKind, string>> = {
  duration: 'duration',
  timestamp: 'timestamp',
  null: 'null',
  error: '!error!',
}

function textOf({ kind, name, parameters }: CelType): string {
  const base = SHORT[kind] ?? name
  return parameters.length === 0 ? base : `${base}(${parameters.map((parameter) => parameter.text).join(', ')})`
}

/** The types without parameters. */
export const Types = {
  bool: new CelType('bool', 'bool'),
  bytes: new CelType('bytes', 'bytes'),
  double: new CelType('double', 'double'),
  duration: new CelType('duration', 'google.protobuf.Duration'),
  dyn: new CelType('dyn', 'dyn'),
  error: new CelType('error', '*error*'),
  int: new CelType('int', 'int'),
  list: new CelType('list', 'list'),
  map: new CelType('map', 'map'),
  null: new CelType('null', 'null_type'),
  optional: new CelType('opaque', 'optional_type'),
  string: new CelType('string', 'string'),
  timestamp: new CelType('timestamp', 'google.protobuf.Timestamp'),
  type: new CelType('type', 'type'),
  uint: new CelType('uint', 'uint'),
} as const

export const listOf = (element: CelType): CelType => new CelType('list', 'list', [element])
export const mapOf = (key: CelType, value: CelType): CelType => new CelType('map', 'map', [key, value])
export const optionalOf = (value: CelType): CelType => new CelType('opaque', 'optional_type', [value])
export const typeOf = (type: CelType): CelType => new CelType('type', 'type', [type])
export const typeParameter = (name: string): CelType => new CelType('param', name)
export const structOf = (name: string, fields?: FieldTypes): CelType => new CelType('struct', name, [], fields)

export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type'
export const isDynamic = (type: CelType): boolean => type.kind === 'dyn' || type.kind === 'error'
