import { cborArrayHead, encodeCbor, encodeCborItem, encodeCborMap } from '../../api/codec/cbor.ts'
import { groupVersion, listKindOf, type ResourceDefinition } from '../../api/resource.ts'
import { findType } from '../../api/schema/type-of.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { parsedObject } from './parsed-object.ts'

/** A cached object as a body. */
export const cborObject = (definition: ResourceDefinition, object: CachedObject): Uint8Array =>
  encodeCbor(parsedObject(object), typeNameOf(definition))

/** Any object as a body. */
export function cborValue(value: object): Uint8Array {
  const { kind = '', apiVersion = '' } = value as { kind?: string; apiVersion?: string }
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  return encodeCbor(value, findType({ group, version, kind }))
}

/** An event of a watch, whose object is encoded already. */
export const cborEvent = (type: string, body: Uint8Array): Uint8Array =>
  encodeCborMap({ type: encodeCborItem(type), object: body })

/** The head of a map of four members. */
const LIST = Buffer.from([0xd9, 0xd9, 0xf7, 0xa4])

/** A list as a body, in pieces; its members come in the order of their encoded names. */
export function* cborList(
  definition: ResourceDefinition,
  items: readonly CachedObject[],
  metadata: object,
): Generator<Uint8Array> {
  const type = typeNameOf(definition)
  yield LIST
  yield* member('kind', listKindOf(definition))
  yield encodeCborItem('items')
  yield cborArrayHead(items.length)
  for (const item of items) yield encodeCborItem(listed(definition, item), type)
  yield* member('metadata', metadata)
  yield* member('apiVersion', groupVersion(definition))
}

function* member(name: string, value: unknown): Generator<Uint8Array> {
  yield encodeCborItem(name)
  yield encodeCborItem(value)
}

/** Items of built-in lists carry no kind and apiVersion, those of custom resources do. */
function listed({ model }: ResourceDefinition, item: CachedObject): object {
  const object = parsedObject(item)
  if (model) return object
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object as { kind?: string; apiVersion?: string }
  return rest
}

const typeNameOf = ({ model, type }: ResourceDefinition): string | undefined => (model ? undefined : type)
