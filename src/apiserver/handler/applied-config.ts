import { decodeCbor } from '../../api/codec/cbor.ts'
import { DecodeError } from '../../api/codec/decode-error.ts'
import { decodeJson } from '../../api/codec/json.ts'
import type { FieldValidation } from '../../api/codec/normalise.ts'
import { decodeYaml } from '../../api/codec/yaml.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ApiCall } from './call.ts'

/** The configuration that an apply patch is. */
export interface AppliedConfig {
  readonly config: JsonObject
  /** What is to be said of it once it has been applied: members given twice. Throws 400 with `Strict`. */
  check(validation: FieldValidation): void
}

/** Reads the body of an apply patch: YAML, of which JSON is the usual part, or CBOR. Throws 400 when it is no object. */
export async function appliedConfig(call: Pick<ApiCall, 'body' | 'warn'>): Promise<AppliedConfig> {
  const { value, duplicates } = await decoded(call)
  if (value !== null && !isObject(value)) throw unreadable(notAnObject(value))
  const check = (validation: FieldValidation): void => {
    if (duplicates.length === 0 || validation === 'Ignore') return
    if (validation === 'Strict') throw badRequest(`error strict decoding YAML: ${yamlErrors(duplicates)}`)
    for (const duplicate of duplicates) call.warn(duplicate)
  }
  return { config: value ?? {}, check }
}

interface Decoded {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

function decoded({ body }: Pick<ApiCall, 'body'>): Decoded | Promise<Decoded> {
  if (body.kind === 'value') return { value: body.value, duplicates: [] }
  if (body.kind === 'none') return { value: null, duplicates: [] }
  if (body.mediaType.endsWith('+cbor')) return fromCbor(body.bytes)
  return asJson(body.bytes) ?? fromYaml(body.bytes)
}

/** Most bodies are JSON, which is read much faster; what is none may be other YAML. */
function asJson(bytes: Uint8Array): Decoded | undefined {
  if (bytes[0] !== OPENING_BRACE) return undefined
  try {
    const { value, duplicates } = decodeJson(bytes)
    return duplicates.length === 0 ? { value, duplicates } : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

const OPENING_BRACE = 0x7b

async function fromYaml(bytes: Uint8Array): Promise<Decoded> {
  try {
    return await decodeYaml(bytes, { duplicates: 'tell' })
  } catch (error) {
    if (error instanceof DecodeError) throw unreadable(error.message)
    throw error
  }
}

function fromCbor(bytes: Uint8Array): Decoded {
  try {
    return { value: decodeCbor(bytes), duplicates: [] }
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding CBOR: ${error.message}`)
    throw error
  }
}

const unreadable = (why: string) => badRequest(`error decoding YAML: ${why}`)

const notAnObject = (value: unknown): string =>
  `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`

const goKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

const yamlErrors = (errors: readonly string[]): string =>
  `error converting YAML to JSON: yaml: unmarshal errors:\n${errors.map((error) => `  ${error}`).join('\n')}`
