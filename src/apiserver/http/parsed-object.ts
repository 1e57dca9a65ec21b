import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** What a cached object says, for once: `object()` would keep the decoded form for as long as the object is current. */
export function parsedObject(object: CachedObject): object {
  const json = object.json()
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8')) as object
}
