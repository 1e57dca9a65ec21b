import { decodeMessage, encodeBody, openEnvelope } from '../../api/codec/protobuf.ts'
import { type ApiObject, groupVersion, type ResourceDefinition } from '../../api/resource.ts'
import type { ValueCodec } from '../../store/value-codec.ts'
import { SERVER_LEASES } from '../bootstrap/server-leases.ts'
import { conversionBetween } from '../registry/conversions/index.ts'
import { tableModel } from '../registry/model-of.ts'
import { isServed, type RuntimeConfig } from '../registry/runtime-config.ts'
import { storagePrefix } from '../registry/storage-prefix.ts'
import { storedName, storedVersion } from '../registry/stored-version.ts'
import { OFFSET_BYTES } from '../watch-cache/stored-layout.ts'
import { encodeStored, encodeUntyped } from '../watch-cache/stored-value.ts'
import { definitionOfV1beta1, V1BETA1_DEFINITION } from './definition-v1beta1.ts'

/**
 * Kinds that upstream 1.36 writes in an older version than the newest it serves, so that the release before can read them
 * (kubernetes test/integration/etcd).
 */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  'mutatingadmissionpolicies.admissionregistration.k8s.io': 'v1beta1',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': 'v1beta1',
  'devicetaintrules.resource.k8s.io': 'v1alpha3',
}

/** A built-in kind: the version that the store's users have, the one that etcd gets, and all that may lie there. */
interface StoredKind {
  readonly stored: ResourceDefinition
  readonly written: ResourceDefinition
  readonly versions: ReadonlyMap<string, ResourceDefinition>
}

const LINE_FEED = 0x0a
const OPENING_BRACE = 0x7b
/** `k8s\0`, little-endian. */
const PROTOBUF_MAGIC = 0x0073386b

/**
 * Values as upstream's API server has them in etcd. `definitions`: every built-in resource of the program; `runtimeConfig`
 * decides which of them are served, and so which version the store's users have.
 */
export function etcdValues(definitions: readonly ResourceDefinition[], runtimeConfig: RuntimeConfig = {}): ValueCodec {
  const kinds = kindsByPrefix(definitions, runtimeConfig)
  return {
    encode(key, value, source) {
      const kind = kindOf(kinds, key)
      return kind ? encodeBuiltIn(kind, value, source as ApiObject | undefined) : encodeCustom(value)
    },
    decode(key, stored) {
      try {
        const kind = kindOf(kinds, key)
        return kind ? decodeBuiltIn(kind, stored) : decodeCustom(stored)
      } catch (error) {
        throw new Error(`the value of ${key} in etcd cannot be read: ${(error as Error).message}`, { cause: error })
      }
    },
  }
}

/** The prefixes below which built-in kinds are stored. */
export function builtInPrefixes(definitions: readonly ResourceDefinition[]): ReadonlySet<string> {
  return new Set(definitions.filter(isStored).map(storagePrefix))
}

const isStored = ({ verbs, kind }: ResourceDefinition): boolean => verbs.includes('get') && kind !== 'ComponentStatus'

function kindsByPrefix(definitions: readonly ResourceDefinition[], config: RuntimeConfig): Map<string, StoredKind> {
  const kinds = new Map<string, StoredKind>()
  for (const [name, own] of Map.groupBy(definitions.filter(isStored), storedName)) {
    const served = own.filter((definition) => isServed(definition, config))
    const stored = storedVersion(name, served.length > 0 ? served : own)
    const versions = new Map(own.map((definition) => [groupVersion(definition), definition]))
    const written = own.find(({ version }) => version === WRITTEN_AS[name]) ?? stored
    kinds.set(storagePrefix(stored), { stored, written, versions })
    if (name === 'endpoints') kinds.set(SERVER_LEASES, { stored, written, versions })
  }
  return kinds
}

/** By the first part of the key below the root, or the first two. */
function kindOf(kinds: ReadonlyMap<string, StoredKind>, key: string): StoredKind | undefined {
  const first = key.indexOf('/', ROOT.length)
  const second = key.indexOf('/', first + 1)
  return kinds.get(key.slice(0, first + 1)) ?? kinds.get(key.slice(0, second + 1))
}
const ROOT = '/registry/'

function encodeBuiltIn({ stored, written }: StoredKind, value: Uint8Array, source?: ApiObject): Uint8Array {
  const typeMeta = { apiVersion: groupVersion(written), kind: written.kind }
  const conversion = conversionBetween(written, stored)
  if (source && !conversion) return encodeBody(typeMeta, written.type, withoutRevision(source))
  const object = JSON.parse(textOf(value.subarray(OFFSET_BYTES))) as ApiObject
  return encodeBody(typeMeta, written.type, conversion?.toServed(object) ?? object)
}

/** The revision is the store's to say. */
function withoutRevision(object: ApiObject): ApiObject {
  if (object.metadata.resourceVersion === undefined) return object
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined } } as ApiObject
}

/** As Go writes an unstructured object: the JSON that the store has, and a line feed. */
function encodeCustom(value: Uint8Array): Uint8Array {
  const json = Buffer.allocUnsafeSlow(value.length - OFFSET_BYTES + 1)
  json.set(value.subarray(OFFSET_BYTES))
  json[json.length - 1] = LINE_FEED
  return json
}

function decodeBuiltIn(kind: StoredKind, bytes: Uint8Array): Uint8Array {
  const { object, from } = readBuiltIn(kind, bytes)
  const conversion = from && conversionBetween(from, kind.stored)
  if (!conversion) return encodeStored(object)
  // Versions differ in the order of their fields, too.
  const { object: ordered } = tableModel(kind.stored.type).normalise<ApiObject>(conversion.toStored(object), {
    strict: 'Ignore',
  })
  return encodeStored(ordered)
}

/** `from`: the version that the object has, absent when it needs no conversion. */
function readBuiltIn(kind: StoredKind, bytes: Uint8Array): { object: ApiObject; from?: ResourceDefinition } {
  if (isProtobuf(bytes)) {
    const { apiVersion, kind: name, raw } = openEnvelope(bytes)
    if (isOldDefinition(apiVersion, name)) return { object: definitionOfV1beta1(raw) }
    const from = versionOf(kind, apiVersion, name)
    const object = decodeMessage(from.type, raw, { apiVersion, kind: name }) as unknown as ApiObject
    return { object, from }
  }
  const json = parseJson(bytes)
  if (isOldDefinition(json.apiVersion, json.kind)) return { object: definitionOfV1beta1(json) }
  const from = versionOf(kind, json.apiVersion ?? '', json.kind ?? '')
  return { object: tableModel(from.type).normalise<ApiObject>(json, { strict: 'Ignore' }).object, from }
}

const isOldDefinition = (apiVersion?: string, kind?: string): boolean =>
  apiVersion === V1BETA1_DEFINITION.apiVersion && kind === V1BETA1_DEFINITION.kind

function versionOf({ stored, versions }: StoredKind, apiVersion: string, kind: string): ResourceDefinition {
  const found = kind === stored.kind ? versions.get(apiVersion) : undefined
  if (found) return found
  throw new TypeError(
    `it is a ${apiVersion} ${kind}, and this program knows ${[...versions.keys()].join(', ')} ${stored.kind}`,
  )
}

function decodeCustom(bytes: Uint8Array): Uint8Array {
  return encodeUntyped(parseJson(bytes))
}

function parseJson(bytes: Uint8Array): ApiObject {
  if (bytes[0] !== OPENING_BRACE) throw new TypeError(`it is neither JSON nor protobuf but ${seemsToBe(bytes)}`)
  return JSON.parse(textOf(bytes)) as ApiObject
}

function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE() === PROTOBUF_MAGIC
}

function seemsToBe(bytes: Uint8Array): string {
  const text = textOf(bytes.subarray(0, 40))
  const encrypted = /^k8s:enc:([^:]+):/.exec(text)
  if (encrypted) return `encrypted (${encrypted[1]}): write the objects anew without encryption at rest first`
  return isProtobuf(bytes) ? 'a protobuf object where custom resources lie' : `begins with ${JSON.stringify(text)}`
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
