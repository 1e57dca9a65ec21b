import { type FieldType, type ScalarType, typeSchema } from '../api/schema/schema.ts'

/**
 * Encodes objects in Kubernetes' protobuf, so that tests have bodies as client-go sends them. Written from the wire format,
 * not from our decoder: fields in the order of their numbers, map keys sorted, zeros written.
 */
export function encodeBody(apiVersion: string, kind: string, typeName: string, object: object): Buffer {
  const meta = Buffer.concat([run(1, Buffer.from(apiVersion)), run(2, Buffer.from(kind))])
  const raw = encodeMessage(typeName, object as Record<string, unknown>)
  return Buffer.concat([Buffer.from('k8s\0'), run(1, meta), run(2, raw)])
}

export function encodeMessage(typeName: string, object: Readonly<Record<string, unknown>>): Buffer {
  const written = (typeSchema(typeName).fields ?? [])
    .filter(({ name, proto }) => proto !== undefined && object[name] !== undefined && object[name] !== null)
    .map(({ name, type, proto }) => ({ path: [proto as number | number[]].flat(), bytes: field(type, object[name]) }))
  return nested(written)
}

interface Written {
  readonly path: number[]
  /** Given the field's number. */
  readonly bytes: (number: number) => Buffer
}

/** Fields that share their first number and have more are in one message under it. */
function nested(fields: readonly Written[]): Buffer {
  const byNumber = Map.groupBy(fields, ({ path }) => path[0] as number)
  const numbers = [...byNumber.keys()].sort((left, right) => left - right)
  return Buffer.concat(
    numbers.flatMap((number) => {
      const [here, deeper] = [byNumber.get(number) ?? [], [] as Written[]]
      const plain = here.filter(({ path }) => path.length === 1).map(({ bytes }) => bytes(number))
      deeper.push(...here.filter(({ path }) => path.length > 1))
      const inner = deeper.map(({ path, bytes }) => ({ path: path.slice(1), bytes }))
      return inner.length === 0 ? plain : [...plain, run(number, nested(inner))]
    }),
  )
}

function field(type: FieldType, value: unknown): (number: number) => Buffer {
  return (number) => {
    if (typeof type === 'object' && 'list' in type) {
      return Buffer.concat((value as unknown[]).map((item) => field(type.list, item)(number)))
    }
    if (typeof type === 'object' && 'map' in type) return entries(number, type.map, value as Record<string, unknown>)
    const scalar = typeof type === 'string' ? type : typeSchema(type.ref).scalar
    if (scalar) return SCALARS[scalar](number, value)
    return run(number, encodeMessage((type as { ref: string }).ref, value as Record<string, unknown>))
  }
}

function entries(number: number, type: FieldType, map: Readonly<Record<string, unknown>>): Buffer {
  const keys = Object.keys(map).sort()
  return Buffer.concat(
    keys.map((key) => run(number, Buffer.concat([run(1, Buffer.from(key)), field(type, map[key])(2)]))),
  )
}

const SCALARS: Record<ScalarType, (number: number, value: unknown) => Buffer> = {
  string: (number, value) => run(number, Buffer.from(value as string)),
  bool: (number, value) => integer(number, value ? 1 : 0),
  int32: (number, value) => integer(number, value as number),
  int64: (number, value) => integer(number, value as number),
  double: (number, value) => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value as number)
    return Buffer.concat([varint((number << 3) | 1), bytes])
  },
  bytes: (number, value) => run(number, Buffer.from(value as string, 'base64')),
  time: (number, value) => run(number, timeParts(value as string)),
  'date-time': (number, value) => run(number, timeParts(value as string)),
  microtime: (number, value) => run(number, timeParts(value as string)),
  duration: (number, value) => run(number, integer(1, Number.parseInt(value as string, 10))),
  quantity: (number, value) => run(number, run(1, Buffer.from(String(value)))),
  'int-or-string': (number, value) =>
    run(
      number,
      typeof value === 'number'
        ? Buffer.concat([integer(1, 0), integer(2, value), run(3, Buffer.alloc(0))])
        : Buffer.concat([integer(1, 1), integer(2, 0), run(3, Buffer.from(value as string))]),
    ),
  object: (number, value) => run(number, run(1, Buffer.from(JSON.stringify(value)))),
  any: (number, value) => run(number, run(1, Buffer.from(JSON.stringify(value)))),
}

function timeParts(text: string): Buffer {
  const nanos = Number((/\.(\d+)Z$/.exec(text)?.[1] ?? '').padEnd(9, '0'))
  return Buffer.concat([integer(1, Math.floor(Date.parse(text) / 1000)), integer(2, nanos)])
}

/** Bytes with their length. */
const run = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])

const integer = (number: number, value: number): Buffer => Buffer.concat([varint(number << 3), varint(value)])

/** Negative numbers take ten bytes: two's complement of 64 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}
