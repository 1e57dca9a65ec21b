import { decodeCbor } from '../../api/codec/cbor.ts'
import { DecodeError, unreadableJson, unrecognized } from '../../api/codec/decode-error.ts'
import { type DecodedJson, decodeJson } from '../../api/codec/json.ts'
import { decodeYaml } from '../../api/codec/yaml.ts'
import type { Expected } from './body.ts'
import type { RequestBody } from './call.ts'
import { unknownBodyFormat } from './refusals.ts'

type BytesBody = Extract<RequestBody, { kind: 'bytes' }>

/**
 * What a body says, before it is held against a type: in JSON, YAML or CBOR, or a value in process. Throws 400 in upstream's
 * words where it is no object, 415 where its format is not read; protobuf needs the type and is not read here.
 */
export function bodyValue(body: RequestBody, expected: Expected): DecodedJson | Promise<DecodedJson> {
  switch (body.kind) {
    case 'value':
      return { value: body.value, duplicates: [] }
    case 'none':
      return refuse(new DecodeError(unreadableJson('unexpected end of JSON input')), expected, new Uint8Array())
    case 'bytes':
      return decoded(body, expected)
  }
}

function decoded(body: BytesBody, expected: Expected): DecodedJson | Promise<DecodedJson> {
  const { bytes, mediaType, readable } = body
  if (mediaType === 'application/json') return fromJson(bytes, expected)
  const types = expected.model ? readable.filter((type) => type !== 'application/vnd.kubernetes.protobuf') : readable
  if (!types.includes(mediaType)) throw unknownBodyFormat(types)
  return mediaType === 'application/cbor' ? fromCbor(bytes, expected) : fromYaml(bytes, expected)
}

function fromJson(bytes: Uint8Array, expected: Expected): DecodedJson {
  try {
    return object(decodeJson(bytes))
  } catch (error) {
    return refuse(error, expected, bytes, unreadableJson)
  }
}

async function fromYaml(bytes: Uint8Array, expected: Expected): Promise<DecodedJson> {
  let decodedYaml: DecodedJson
  try {
    decodedYaml = await decodeYaml(bytes)
  } catch (error) {
    return refuse(error, expected, bytes)
  }
  try {
    return object(decodedYaml)
  } catch (error) {
    return refuse(error, expected, bytes, unreadableJson)
  }
}

/** Members given twice are no CBOR at all, so there is nothing to warn of. */
function fromCbor(bytes: Uint8Array, expected: Expected): DecodedJson {
  try {
    const value = decodeCbor(bytes)
    if (!isObject(value))
      throw new DecodeError(`cbor: cannot unmarshal ${typeOf(value)} into Go value of type v1.TypeMeta`)
    return { value, duplicates: [] }
  } catch (error) {
    return refuse(error, expected, bytes, (why) => `unable to determine group/version/kind: ${why}`)
  }
}

function object(decodedJson: DecodedJson): DecodedJson {
  const { value } = decodedJson
  if (isObject(value)) return decodedJson
  throw new DecodeError(
    `json: cannot unmarshal ${typeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  )
}

const isObject = (value: unknown): boolean => value === null || (typeof value === 'object' && !Array.isArray(value))

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

function refuse(
  error: unknown,
  { kind }: Expected,
  bytes: Uint8Array,
  words: (why: string) => string = (why) => why,
): never {
  if (!(error instanceof DecodeError)) throw error
  throw unrecognized(kind, words(error.message), bytes)
}
