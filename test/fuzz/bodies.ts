import { stringify } from 'yaml'
import { encodeCbor } from '../../src/api/codec/cbor.ts'
import { encodeBody } from '../../src/api/codec/protobuf.ts'
import { groupVersion, type ResourceDefinition } from '../../src/api/resource.ts'
import type { PatchType } from '../../src/client/transport.ts'
import { randomObject } from '../../src/testing/random-object.ts'
import { SEEDS } from '../conformance/seeds.ts'
import type { Chance } from './chance.ts'
import { mutateBytes, mutateValue, NASTY_TEXTS } from './mutations.ts'

export interface FuzzBody {
  readonly body?: Buffer
  readonly type?: string
}

type Json = Record<string, unknown>

const JSON_TYPE = 'application/json'
const LIMIT = 3 * 1024 * 1024
const oversized = (): Buffer =>
  Buffer.from(`{"kind":"ConfigMap","apiVersion":"v1","data":{"a":"${'x'.repeat(LIMIT)}"}}`)
const deep = (): Buffer => Buffer.from(`{"data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)

/** An object of the kind to create or update: valid, grown at random, or broken, in one of the media types. */
export function fuzzBody(definition: ResourceDefinition, chance: Chance, name: string): FuzzBody {
  if (chance.is(0.0005)) return { body: chance.is(0.5) ? oversized() : deep(), type: JSON_TYPE }
  if (chance.is(0.01)) return { body: Buffer.from(chance.oneOf(NASTY_TEXTS)), type: JSON_TYPE }
  if (chance.is(0.01)) return {}
  const object = fuzzObject(definition, chance, name)
  const encoded = chance.weighted([
    [70, () => inJson(object)],
    [6, () => ({ body: Buffer.from(stringify(object)), type: 'application/yaml' })],
    [21, () => inProtobuf(definition, object)],
    [2, () => inCbor(object)],
    [1, () => ({ ...inJson(object), type: chance.oneOf(['text/plain', '', 'application/xml', 'a', 'a/b;c']) })],
  ])()
  return chance.is(0.15) ? { ...encoded, body: mutateBytes(encoded.body, chance) } : encoded
}

/** A valid object, one grown at random, or one of these with something in it that does not belong there. */
export function fuzzObject(definition: ResourceDefinition, chance: Chance, name: string): Json {
  const apiVersion = groupVersion(definition)
  const { kind } = definition
  const base = { kind, apiVersion, metadata: metadataOf(chance, name) }
  const seed = SEEDS[`${apiVersion} ${kind}`] ?? SEEDS[kind] ?? {}
  const object = chance.is(0.8) ? { ...base, ...seed } : { ...randomly(definition, chance), ...base }
  const mutated = chance.is(0.55) ? object : (mutateValue(object, chance) as Json)
  return limited(mutated) as Json
}

const randomly = ({ type }: ResourceDefinition, chance: Chance): Json =>
  randomObject(type, { seed: chance.below(2 ** 31), density: 0.5 })

function metadataOf(chance: Chance, name: string): Json {
  if (chance.is(0.01)) return { generateName: 'fuzz-' }
  const labels = chance.is(0.5) ? { labels: { app: 'conformance', suite: 'x' } } : {}
  const finalizers = chance.is(0.01) ? { finalizers: ['fuzz.example.com/hold'] } : {}
  return { name, ...labels, ...finalizers }
}

/** Controllers would carry out what a large number asks for: that is no fault of the server's. */
function limited(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(limited)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      COUNTS.has(name) && typeof inner === 'number' && inner > 3 ? 3 : limited(inner),
    ]),
  )
}

const COUNTS: ReadonlySet<string> = new Set(['replicas', 'completions', 'parallelism'])

const inJson = (object: Json) => ({ body: Buffer.from(JSON.stringify(object)), type: JSON_TYPE })

/** What cannot be said in protobuf is sent as JSON under its name: garbage too. */
function inProtobuf(definition: ResourceDefinition, object: Json) {
  const type = 'application/vnd.kubernetes.protobuf'
  const typeMeta = { apiVersion: groupVersion(definition), kind: definition.kind }
  try {
    return { body: Buffer.from(encodeBody(typeMeta, definition.type, object)), type }
  } catch {
    return { ...inJson(object), type }
  }
}

function inCbor(object: Json) {
  return { body: Buffer.from(encodeCbor(object)), type: 'application/cbor' }
}

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}
const PATCH_NAMES = Object.keys(PATCH_TYPES) as PatchType[]
const OTHER_TYPES = [...Object.values(PATCH_TYPES), JSON_TYPE, '', 'application/apply-patch+cbor']

const POINTERS = [
  '',
  '/',
  '/metadata/labels/a',
  '/spec',
  '/spec/containers/0/image',
  '/data/-',
  '/a/b/c',
  '/~2',
  '/spec/-',
]

/** A patch of one of the types, sometimes under the name of another. */
export function fuzzPatch(definition: ResourceDefinition, chance: Chance): FuzzBody {
  const patchType = chance.oneOf(PATCH_NAMES)
  const body = Buffer.from(JSON.stringify(fuzzPatchValue(definition, chance, patchType)))
  const type = chance.is(0.03) ? chance.oneOf(OTHER_TYPES) : PATCH_TYPES[patchType]
  return { body: chance.is(0.08) ? mutateBytes(body, chance) : body, type }
}

/** What a patch of a type says. */
export function fuzzPatchValue(definition: ResourceDefinition, chance: Chance, type: PatchType): unknown {
  const isList = type === 'json' ? chance.is(0.9) : chance.is(0.03)
  return isList ? operations(definition, chance) : partOf(definition, chance, type)
}

function operations(definition: ResourceDefinition, chance: Chance): unknown[] {
  const kinds = ['add', 'remove', 'replace', 'move', 'copy', 'test', 'nothing']
  return Array.from({ length: chance.below(4) }, () => {
    const operation = {
      op: chance.oneOf(kinds),
      path: chance.oneOf(POINTERS),
      from: chance.oneOf(POINTERS),
      value: chance.is(0.5) ? chance.oneOf(NASTY_TEXTS) : limited(mutateValue(randomly(definition, chance), chance)),
    }
    return chance.is(0.15) ? mutateValue(operation, chance) : operation
  })
}

const DIRECTIVES = [
  { $patch: 'replace' },
  { $patch: 'delete' },
  { $patch: 'merge' },
  { $patch: 'x' },
  { $retainKeys: ['a'] },
  { '$setElementOrder/containers': [{ name: 'main' }] },
  { '$deleteFromPrimitiveList/finalizers': ['a'] },
]

function partOf(definition: ResourceDefinition, chance: Chance, type: PatchType): unknown {
  const { kind } = definition
  const named = type === 'apply' || chance.is(0.3)
  const typeMeta = named ? { kind, apiVersion: groupVersion(definition) } : {}
  const {
    kind: _kind,
    apiVersion: _apiVersion,
    metadata: _metadata,
    ...content
  } = fuzzObject(definition, chance, 'fuzz-0') ?? {}
  const metadata = chance.is(0.7) ? { metadata: { labels: { a: chance.oneOf(['1', '', null]) } } } : {}
  const part = {
    ...typeMeta,
    ...metadata,
    ...(chance.is(0.5) ? content : {}),
    ...(chance.is(0.2) ? chance.oneOf(DIRECTIVES) : {}),
  }
  return chance.is(0.3) ? limited(mutateValue(part, chance)) : part
}
