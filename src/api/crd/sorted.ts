import { setMember } from '../patch/json-value.ts'
import { isObject, type JsonObject } from './schema.ts'

/** The keys of an object in the order in which Go writes those of a map. */
export function sortedKeys(object: object): string[] {
  const keys = Object.keys(object)
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return keys.sort()
  }
  return keys
}

/** A private copy of a JSON value with the members of every object sorted, as Go writes what it has no type for. */
export function sortedCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedCopy)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of sortedKeys(value)) setMember(copy, key, sortedCopy(value[key]))
  return copy
}
