import type { FieldError } from '../../api/field-error.ts'
import { validateAnnotations, validateLabels } from '../../api/meta/validation.ts'
import type { ApiObject } from '../../api/resource.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'

type Original = DeepReadonly<ApiObject>
type Loose = Record<string, unknown>

const GROUP = 'apiextensions.k8s.io'
const VERSIONS: readonly string[] = ['v1', 'v1beta1']

export interface ReviewRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: readonly Original[]
}

/** A ConversionReview in the first version of those that a webhook takes which is known here; throws when none is. */
export function conversionReview(request: ReviewRequest, versions: readonly string[]) {
  const version = versions.find((one) => VERSIONS.includes(one))
  if (!version) throw new Error('no supported conversion review versions')
  return { kind: 'ConversionReview', apiVersion: `${GROUP}/${version}`, request }
}

/** The objects of an answer. Throws in upstream's words when it is none to the review, or tells of a failure. */
export function convertedObjects(
  answer: unknown,
  { apiVersion, request }: ReturnType<typeof conversionReview>,
): unknown[] {
  const review = (isMap(answer) ? answer : {}) as { kind?: unknown; apiVersion?: unknown; response?: unknown }
  if (review.kind !== 'ConversionReview' || review.apiVersion !== apiVersion) {
    const given = `${gvkText(review.apiVersion, review.kind)}`
    throw new Error(`expected webhook response of ${gvkText(apiVersion, 'ConversionReview')}, got ${given}`)
  }
  if (!isMap(review.response)) throw new Error('no response provided')
  const { uid = '', result, convertedObjects: objects } = review.response
  const isStrict = apiVersion === `${GROUP}/v1` // the older version never looked
  if (isStrict && uid !== request.uid) {
    throw new Error(`expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(uid)}`)
  }
  const { status = '', message } = (isMap(result) ? result : {}) as { status?: string; message?: string }
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`)
  return Array.isArray(objects) ? objects : []
}

/** `example.com/v1, Kind=Widget`. */
export const gvkText = (apiVersion: unknown = '', kind: unknown = ''): string => {
  const text = String(apiVersion)
  return `${text.includes('/') ? text : `/${text}`}, Kind=${kind}`
}

/** One object of an answer is not what it must be; `metadata` tells of which part. */
export class BadConversion extends Error {
  readonly part: 'object' | 'metadata'

  constructor(part: 'object' | 'metadata', message: string) {
    super(message)
    this.part = part
  }
}

/**
 * A converted object with the metadata of the original, of which a webhook may change labels and annotations alone. Throws
 * BadConversion in upstream's words when it is another object, or of another version.
 */
export function checkedConversion(original: Original, converted: unknown, apiVersion: string): ApiObject {
  if (!isMap(converted)) throw new BadConversion('object', 'unexpected object: it is no JSON object')
  const { kind = '', apiVersion: version = '' } = converted as { kind?: string; apiVersion?: string }
  if (version !== apiVersion) {
    throw new BadConversion('object', `invalid groupVersion (expected ${apiVersion}, received ${version})`)
  }
  if (kind !== original.kind) {
    throw new BadConversion('object', `invalid kind (expected ${original.kind}, received ${kind})`)
  }
  const given = metadataOf(converted)
  for (const [field, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [wanted, got] = [original.metadata[field] ?? '', (given as Loose)[field] ?? '']
    if (wanted !== got) throw new BadConversion('object', `must have the same ${name}: ${wanted} != ${got}`)
  }
  const metadata = editable<ApiObject['metadata']>(original.metadata)
  for (const field of ['labels', 'annotations'] as const) {
    const values = stringsOf(given[field], field)
    if (values) metadata[field] = values
    else delete metadata[field]
    if (values && !isSame(values, original.metadata[field] ?? {})) refuseBad(field, values)
  }
  return { ...(converted as object), metadata } as ApiObject
}

function metadataOf(converted: Loose): Loose {
  if (!('metadata' in converted)) throw new BadConversion('metadata', 'missing metadata in converted object')
  const { metadata } = converted
  if (isMap(metadata)) return metadata
  throw new BadConversion('metadata', `invalid metadata of type ${goType(metadata)} in converted object`)
}

function stringsOf(given: unknown, field: string): Record<string, string> | undefined {
  if (given === undefined || given === null) return undefined
  if (!isMap(given)) {
    throw new BadConversion('metadata', `invalid metadata.${field} of type ${goType(given)} in converted object`)
  }
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === 'string') continue
    const why = `metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`
    throw new BadConversion('metadata', why)
  }
  return given as Record<string, string>
}

function isSame(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key])
}

/** What a webhook brought is held to the rules; what was there before need not be. */
function refuseBad(field: 'labels' | 'annotations', values: Record<string, string>): void {
  const errors: FieldError[] =
    field === 'labels' ? validateLabels(values, 'metadata.labels') : validateAnnotations(values, 'metadata.annotation') // upstream's word
  if (errors.length === 0) return
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  throw new BadConversion('metadata', texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`)
}

const isMap = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Go's %T of a JSON value. */
function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
