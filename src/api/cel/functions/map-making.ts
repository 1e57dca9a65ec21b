import type { EntryMap, MapValue } from '../values/map.ts'
import type { Value } from '../values/value.ts'
import { type Overload, overload } from './overload.ts'

function withEntry(map: EntryMap, key: Value, value: Value): EntryMap {
  map.insert(key, value)
  return map
}

function withEntries(map: EntryMap, entries: MapValue): EntryMap {
  for (const key of entries.keys()) map.insert(key, entries.find(key) as Value)
  return map
}

/** What `transformMap` and `transformMapEntry` become; the map is the loop's own, so it can be added to. */
export const mapMaking: readonly Overload[] = [
  overload('cel.@mapInsert(map(K, V), K, V) -> map(K, V)', withEntry),
  overload('cel.@mapInsert(map(K, V), map(K, V)) -> map(K, V)', withEntries),
]
