import { copyOf, isObject, type JsonObject, setMember } from './json-value.ts'
import { notAPatch } from './patch-error.ts'

/**
 * Applies a JSON merge patch (RFC 7396) and returns the result; neither input changes. As in upstream's library, nulls
 * inside objects that are new vanish also when those objects are in lists. 400 when the patch is not an object.
 */
export function applyMergePatch(doc: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw notAPatch(patch, 'map[string]interface {}')
  return merge(doc, patch)
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return withoutNulls(patch)
  if (!isObject(target)) return withoutNulls(patch)
  const result: JsonObject = copyShallow(target)
  for (const key of Object.keys(patch)) {
    const change = patch[key]
    if (change === null) delete result[key]
    else setMember(result, key, Object.hasOwn(result, key) ? merge(result[key], change) : withoutNulls(change))
  }
  for (const key of Object.keys(result)) {
    if (!Object.hasOwn(patch, key)) setMember(result, key, copyOf(result[key]))
  }
  return result
}

function copyShallow(object: JsonObject): JsonObject {
  const copy: JsonObject = {}
  for (const key of Object.keys(object)) setMember(copy, key, object[key])
  return copy
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    if (value[key] !== null) setMember(result, key, withoutNulls(value[key]))
  }
  return result
}
