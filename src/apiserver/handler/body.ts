import { cannotBeHandled, DecodeError, strictDecodingError, unrecognized } from '../../api/codec/decode-error.ts'
import { type DecodedJson, decodeJson } from '../../api/codec/json.ts'
import type { FieldValidation } from '../../api/codec/normalise.ts'
import { decodeMessage, openEnvelope } from '../../api/codec/protobuf.ts'
import { decodeYaml } from '../../api/codec/yaml.ts'
import { invalid, invalidObject } from '../../api/field-error.ts'
import type { ObjectModel } from '../../api/object-model.ts'
import { groupVersion } from '../../api/resource.ts'
import type { GroupVersionKind } from '../../api/schema/schema.ts'
import { findType } from '../../api/schema/type-of.ts'
import { badRequest } from '../../api/status-error.ts'
import { modelOf, tableModel } from '../registry/model-of.ts'
import type { ApiCall, RequestBody } from './call.ts'
import { unknownBodyFormat } from './refusals.ts'

/** The type a body has to be. */
export interface Expected extends GroupVersionKind {
  /** Name in the schema table. */
  readonly type: string
  /** How it is read, where not by the table. */
  readonly model?: ObjectModel
}

type Named = { kind?: unknown; apiVersion?: unknown }

/** What of a call decoding a body needs. */
export type BodySource = Pick<ApiCall, 'body' | 'warn'>

/**
 * Decodes a body into an object of the expected type, normalised, with kind and apiVersion set. Throws 400 with upstream's
 * words when it is none, 415 when its format is unknown; unknown and repeated fields are refused, warned of or dropped.
 */
export function decodeBody<T>(call: BodySource, expected: Expected, validation: FieldValidation): T | Promise<T> {
  const { body } = call
  if (body.kind === 'bytes' && isYaml(body.mediaType)) {
    return decodeYaml(body.bytes).then(
      (decoded) => typed<T>(call, decoded, expected, validation),
      (error) => refuse(error, expected, body.bytes),
    )
  }
  return typed<T>(call, decodedValue(body, expected), expected, validation)
}

const isYaml = (mediaType: string): boolean => mediaType === 'application/yaml'

function decodedValue(body: RequestBody, expected: Expected): DecodedJson {
  switch (body.kind) {
    case 'value':
      return { value: body.value, duplicates: [] }
    case 'none':
      return refuse(new DecodeError('unexpected end of JSON input'), expected, new Uint8Array())
    case 'bytes':
      if (body.mediaType === PROTOBUF && !expected.model) return decodedProtobuf(body.bytes, expected)
      if (body.mediaType !== 'application/json') throw unknownBodyFormat(mediaTypes(expected))
      return decodedJson(body.bytes, expected)
  }
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** Custom resources have no protobuf form. */
const mediaTypes = ({ model }: Expected): string[] =>
  model ? ['application/json', 'application/yaml'] : ['application/json', 'application/yaml', PROTOBUF]

/** A message that says it is of another kind is not read: `checkKind` refuses it by its name. */
function decodedProtobuf(bytes: Uint8Array, expected: Expected): DecodedJson {
  try {
    const { apiVersion, kind, raw } = openEnvelope(bytes)
    const isExpected = kind === expected.kind && apiVersion === groupVersion(expected)
    return { value: { kind, apiVersion, ...(isExpected && decodeMessage(expected.type, raw)) }, duplicates: [] }
  } catch (error) {
    return refuse(error, expected, bytes)
  }
}

function decodedJson(bytes: Uint8Array, expected: Expected): DecodedJson {
  try {
    const decoded = decodeJson(bytes)
    const { value } = decoded
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return decoded
    const goType = Array.isArray(value) ? 'array' : typeof value
    const why = `json: cannot unmarshal ${goType === 'boolean' ? 'bool' : goType} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
    return refuse(new DecodeError(why), expected, bytes)
  } catch (error) {
    return refuse(error, expected, bytes)
  }
}

function refuse(error: unknown, { kind }: Expected, bytes: Uint8Array): never {
  if (!(error instanceof DecodeError)) throw error
  throw unrecognized(kind, error.message, bytes)
}

function typed<T>(
  call: BodySource,
  { value, duplicates }: DecodedJson,
  expected: Expected,
  strict: FieldValidation,
): T {
  const given = (value ?? {}) as Named
  checkKind(given, expected)
  const { object, problems } = normalised<T>(given, expected, strict)
  report(call, expected, [...duplicates, ...problems], strict)
  return object
}

function normalised<T>(given: Named, expected: Expected, strict: FieldValidation) {
  const { kind } = expected
  const named = given.kind && given.apiVersion ? given : { ...given, kind, apiVersion: groupVersion(expected) }
  try {
    return modelOf(expected).normalise<T>(named, { strict })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw cannotBeHandled({ kind, version: expected.version }, kind, error.message)
  }
}

/**
 * The object that a patch made, normalised. Throws 422 in upstream's words, which blame the patch, when it is no object of
 * the expected type; unknown fields are refused, warned of or dropped.
 */
export function decodePatched<T>(
  call: Pick<ApiCall, 'warn'>,
  patched: unknown,
  expected: Expected,
  strict: FieldValidation,
): T {
  const given = patched as Named
  try {
    const model = expected.model ?? tableModel(findType(claimed(given)) ?? expected.type)
    const { object, problems } = model.normalise<T & Named>(given, { strict })
    if (!expected.model) checkKind(given, expected)
    if (problems.length > 0 && strict === 'Strict') throw new DecodeError(strictDecodingError(problems))
    for (const problem of strict === 'Warn' ? problems : []) call.warn(problem)
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), error.message)])
  }
}

/** The kind that an object says it is. */
function claimed({ kind, apiVersion }: Named): GroupVersionKind {
  const [first = '', second] = String(apiVersion ?? '').split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  return { group, version, kind: String(kind ?? '') }
}

function report(
  call: BodySource,
  { kind, version }: Expected,
  problems: readonly string[],
  strict: FieldValidation,
): void {
  if (problems.length === 0 || strict === 'Ignore') return
  if (strict === 'Strict') throw cannotBeHandled({ kind, version }, kind, strictDecodingError(problems))
  for (const problem of problems) call.warn(problem)
}

/** Refuses a body that says it is something else. What it does not say is taken as expected. */
function checkKind(given: Named, expected: Expected): void {
  const wanted = groupVersion(expected)
  const kind = textOr(given.kind, expected.kind)
  const apiVersion = textOr(given.apiVersion, wanted)
  if (kind === expected.kind && apiVersion === wanted) return
  const [first = '', second] = apiVersion.split('/')
  const version = second ?? first
  if (expected.model) return checkCustomVersion(apiVersion, wanted)
  const known = findType({ group: second === undefined ? '' : first, version, kind }) !== undefined
  if (known && kind === expected.kind) {
    const why = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`
    throw badRequest(why)
  }
  const group = expected.group === '' ? 'core' : expected.group.split('.')[0]
  const why = known
    ? `converting (${version}.${kind}) to (${group}.${expected.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`
  throw cannotBeHandled({ kind, version }, expected.kind, why)
}

/** A custom resource of another kind is found by validation; that of another version has no schema to be read by. */
function checkCustomVersion(apiVersion: string, wanted: string): void {
  if (apiVersion === wanted) return
  throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`)
}

const textOr = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value : fallback
