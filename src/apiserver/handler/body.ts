import { cannotBeHandled, DecodeError, strictDecodingError, unrecognized } from '../../api/codec/decode-error.ts'
import type { DecodedJson } from '../../api/codec/json.ts'
import type { FieldValidation } from '../../api/codec/normalise.ts'
import { decodeMessage, openEnvelope, type ProtobufEnvelope } from '../../api/codec/protobuf.ts'
import { invalid, invalidObject } from '../../api/field-error.ts'
import type { ObjectModel } from '../../api/object-model.ts'
import { groupVersion } from '../../api/resource.ts'
import type { GroupVersionKind } from '../../api/schema/schema.ts'
import { findType } from '../../api/schema/type-of.ts'
import { badRequest } from '../../api/status-error.ts'
import { modelOf, tableModel } from '../registry/model-of.ts'
import { bodyValue } from './body-value.ts'
import type { ApiCall } from './call.ts'

/** The type a body has to be. */
export interface Expected extends GroupVersionKind {
  /** Name in the schema table. */
  readonly type: string
  /** Further apiVersions of the same shape that are taken too. */
  readonly alsoVersions?: readonly string[]
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
  if (body.kind === 'bytes' && body.mediaType === PROTOBUF && !expected.model) return fromProtobuf(body.bytes, expected)
  const decoded = bodyValue(body, expected)
  if (!(decoded instanceof Promise)) return typed<T>(call, decoded, expected, validation)
  return decoded.then((value) => typed<T>(call, value, expected, validation))
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** The decoder of protobuf gives the normalised object itself; unknown fields are passed over by it. */
function fromProtobuf<T>(bytes: Uint8Array, expected: Expected): T {
  const { apiVersion, kind, raw } = envelopeOf(bytes, expected)
  checkKind({ kind, apiVersion }, expected)
  const typeMeta = { kind: expected.kind, apiVersion: apiVersion || groupVersion(expected) }
  try {
    return decodeMessage(expected.type, raw, typeMeta) as T
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw cannotBeHandled(expected, expected.kind, error.message)
  }
}

function envelopeOf(bytes: Uint8Array, { kind }: Expected): ProtobufEnvelope {
  try {
    return openEnvelope(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw unrecognized(kind, error.message, bytes)
  }
}

function typed<T>(
  call: BodySource,
  { value, duplicates }: DecodedJson,
  expected: Expected,
  strict: FieldValidation,
): T {
  const given = (value ?? {}) as Named
  if (expected.model) requireKind(call, given, expected)
  else checkKind(given, expected)
  const named = saysAll(call, given, expected)
    ? given
    : { ...given, kind: expected.kind, apiVersion: groupVersion(expected) }
  const { object, problems } = normalised<T>(named, expected, strict)
  report(call, expected, [...duplicates, ...problems], strict)
  if (expected.model) checkCustomVersion(named, expected) // of another version all fields are unknown, which is told first
  return object
}

/** What says nothing of its kind or version is taken for what is expected; but not a custom resource from outside. */
const saysAll = ({ body }: BodySource, { kind, apiVersion }: Named, { model }: Expected): boolean =>
  Boolean(kind && apiVersion) || (model !== undefined && body.kind === 'bytes')

function normalised<T>(given: Named, expected: Expected, strict: FieldValidation) {
  const { kind } = expected
  try {
    const read = modelOf(expected).normalise<T>(given, { strict })
    keepEmptied(given, read.object as WithFields)
    return read
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw cannotBeHandled({ kind, version: expected.version }, kind, error.message)
  }
}

/** What an object does not say of its kind is taken as expected. */
function named<N extends Named>(given: N, expected: Expected): N {
  if (given.kind && given.apiVersion) return given
  return { ...given, kind: given.kind || expected.kind, apiVersion: given.apiVersion || groupVersion(expected) }
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
  const given = expected.model ? (patched as Named) : named(patched as Named, expected)
  try {
    if (expected.model && !given.kind) throw new DecodeError(missingKind(JSON.stringify(given)))
    const model = expected.model ?? tableModel(findType(claimed(given)) ?? expected.type)
    const { object, problems } = model.normalise<T & Named>(given, { strict })
    keepEmptied(given, object as WithFields)
    if (!expected.model) checkKind(given, expected)
    if (problems.length > 0 && strict === 'Strict') throw new DecodeError(strictDecodingError(problems))
    for (const problem of strict === 'Warn' ? problems : []) call.warn(problem)
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), error.message)])
  }
}

type WithFields = { metadata?: { managedFields?: unknown } }

/** An empty list of managedFields is no list to anyone but who keeps them: it is how a client has them forgotten. */
function keepEmptied(given: Named & WithFields, read: WithFields): void {
  const { managedFields } = given.metadata ?? {}
  if (read.metadata && Array.isArray(managedFields) && managedFields.length === 0) read.metadata.managedFields = []
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
  if (kind === expected.kind && accepts(expected, apiVersion)) return
  const [first = '', second] = apiVersion.split('/')
  const version = second ?? first
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

const accepts = (expected: Expected, apiVersion: string): boolean =>
  apiVersion === groupVersion(expected) || expected.alsoVersions?.includes(apiVersion) === true

/** A custom resource of another kind is found by validation; that of another version has no schema to be read by. */
function checkCustomVersion({ apiVersion = '' }: Named, expected: Expected): void {
  const wanted = groupVersion(expected)
  if (apiVersion === wanted) return
  throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`)
}

/** Nothing but its kind tells a custom resource from other objects; a caller in process need not say it. */
function requireKind({ body }: BodySource, { kind }: Named, expected: Expected): void {
  if (kind || body.kind !== 'bytes') return
  throw unrecognized(expected.kind, missingKind(Buffer.from(body.bytes).toString()), body.bytes)
}

const missingKind = (json: string): string => `Object 'Kind' is missing in '${json}'`

const textOr = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value : fallback
