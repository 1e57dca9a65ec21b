import { DecodeError } from '../codec/decode-error.ts'
import { normalise } from '../codec/json.ts'
import type { FieldValidation } from '../codec/normalise.ts'
import { isObject, type JsonObject } from './schema.ts'
import { sortedCopy } from './sorted.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export interface DecodedMeta {
  /** What Go's ObjectMeta keeps of it, members sorted. */
  readonly metadata: JsonObject
  /** Paths of unknown fields from the metadata on: `metadata.foo`. */
  readonly unknown: string[]
}

const UNKNOWN = /^unknown field "(.*)"$/

/** Reads the metadata of a resource as upstream's ObjectMeta. Throws DecodeError where a field has another type. */
export function decodeMeta(value: unknown, strict: FieldValidation): DecodedMeta {
  const { object, problems } = normalise<JsonObject>(OBJECT_META, value, { strict })
  return {
    metadata: sortedCopy(object) as JsonObject,
    unknown: problems.map((problem) => `metadata.${UNKNOWN.exec(problem)?.[1] ?? problem}`),
  }
}

/** As `decodeMeta`, but leaves out the fields that cannot be read: for objects that are stored already. */
export function salvageMeta(value: unknown): JsonObject {
  const given = isObject(value) ? value : {}
  const readable: JsonObject = {}
  for (const key of Object.keys(given)) {
    const field = { [key]: given[key] }
    if (decoded(field)) Object.assign(readable, field)
  }
  return decodeMeta(readable, 'Ignore').metadata
}

function decoded(value: JsonObject): boolean {
  try {
    decodeMeta(value, 'Ignore')
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}
