import { decodeManaged, encodeManaged } from '../../api/patch/apply/managed-fields.ts'
import { sameJson } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import type { ManagedFieldsEntry } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

export type Entries = readonly DeepReadonly<ManagedFieldsEntry>[]

type Managed = DeepReadonly<{ metadata: { managedFields?: ManagedFieldsEntry[] } }>

const NONE: Entries = Object.freeze([])

/** The managedFields of a stored object. */
export const entriesOf = (object: Managed | undefined): Entries => object?.metadata.managedFields ?? NONE

/**
 * What to begin with when `object` replaces `live`: the client's entries, in canonical form, unless there are none or one is
 * invalid; then the stored ones. None at all when the client empties them. Upstream: decodeLiveOrNew.
 */
export function givenEntries(object: ApiObject, live: Managed | undefined): Entries {
  const given = object.metadata.managedFields
  const stored = entriesOf(live)
  if (given === undefined || given === stored || sameJson(given, stored)) return stored
  return isReset(given) ? NONE : (canonical(given) ?? stored)
}

const isReset = ([first, ...more]: Entries): boolean =>
  first === undefined || (more.length === 0 && Object.values(first).every((value) => value === undefined))

function canonical(given: Entries): Entries | undefined {
  try {
    return encodeManaged(decodeManaged(given, { isOurs: false }))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Writes entries into an object; without any it has no managedFields. They may be shared with others. */
export function setEntries({ metadata }: ApiObject, entries: Entries | undefined): void {
  if (entries !== undefined && entries.length > 0) metadata.managedFields = entries as ManagedFieldsEntry[]
  else if (metadata.managedFields !== undefined) delete metadata.managedFields
}
