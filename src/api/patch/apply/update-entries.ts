import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { ManagedFieldsEntry } from '../../types/meta.v1.ts'
import { capManagers } from './cap-managers.ts'
import { difference, type FieldSet, intersects, isEmpty, isSubset, NOTHING, ordered, union } from './field-set.ts'
import { compareEntries, decodeManaged, encodeManaged, type ManagerIdentity } from './managed-fields.ts'

type Entry = DeepReadonly<ManagedFieldsEntry>

/** What an update did, as the version of all entries shows it. */
export interface EntriesUpdate {
  /** As this server wrote them. */
  readonly entries: readonly Entry[]
  /** Fields added or modified. */
  readonly set: FieldSet
  readonly removed: FieldSet
  readonly manager: Required<Pick<ManagerIdentity, 'manager' | 'apiVersion' | 'subresource'>>
  /** RFC 3339. */
  readonly now: string
}

/**
 * Who owns what after an update, in the form of the wire: what `ownersAfterUpdate` works out, without taking entries apart
 * that stay as they are. The manager's time is that of the last update by which it set anything. Undefined when nobody owns
 * anything any more.
 */
export function updatedEntries(update: EntriesUpdate): Entry[] | undefined {
  const { entries, set } = update
  const result: Entry[] = []
  let isMine = false
  for (const entry of entries) {
    const mine = isManager(entry, update)
    if (mine) isMine = true
    const next = mine ? ownEntry(entry, update) : otherEntry(entry, update)
    if (next) result.push(next)
  }
  if (!isMine && !isEmpty(set)) result.push(newEntry({ ...update, set: ordered(set) }))
  return finished(result)
}

/** The entry of a manager that owned nothing before; `set` is in upstream's order. */
export function newEntry({ manager, set, now }: Pick<EntriesUpdate, 'manager' | 'set' | 'now'>): Entry {
  return entryOf({ ...manager, operation: 'Update' }, set, now)
}

/** With another time, which an entry of this server has already. */
const stamped = (entry: Entry, time: string | undefined): Entry =>
  time === undefined || entry.time === undefined ? entryOf(entry, ordered(fieldsOf(entry)), time) : { ...entry, time }

/** With its members in the order in which Go writes them, as the fields are already. */
function entryOf({ manager, operation, apiVersion, subresource }: Entry, fields: FieldSet, time?: string): Entry {
  const entry: ManagedFieldsEntry = {}
  if (manager) entry.manager = manager
  if (operation) entry.operation = operation
  if (apiVersion) entry.apiVersion = apiVersion
  if (time !== undefined) entry.time = time
  entry.fieldsType = 'FieldsV1'
  entry.fieldsV1 = fields as Record<string, unknown>
  if (subresource) entry.subresource = subresource
  return entry
}

function isManager(entry: Entry, { manager: { manager, apiVersion, subresource } }: EntriesUpdate): boolean {
  return (
    entry.operation === 'Update' &&
    entry.manager === manager &&
    entry.apiVersion === apiVersion &&
    (entry.subresource ?? '') === subresource
  )
}

function ownEntry(entry: Entry, { set, removed, now }: EntriesUpdate): Entry | undefined {
  const before = fieldsOf(entry)
  const kept = intersects(before, removed) ? difference(before, removed) : before
  const fields = isSubset(set, kept) ? kept : union(kept, set)
  if (isEmpty(fields)) return undefined
  const time = isEmpty(set) ? entry.time : now
  if (fields === before) return time === entry.time ? entry : stamped(entry, time)
  return entryOf(entry, ordered(fields), time)
}

function otherEntry(entry: Entry, { set, removed }: EntriesUpdate): Entry | undefined {
  const before = fieldsOf(entry)
  const kept = intersects(before, set) ? difference(before, set) : before
  const fields = intersects(kept, removed) ? difference(kept, removed) : kept
  if (fields === before) return entry
  return isEmpty(fields) ? undefined : entryOf(entry, ordered(fields), entry.time)
}

const fieldsOf = ({ fieldsV1 = NOTHING }: Entry): FieldSet => fieldsV1 as FieldSet

function finished(entries: Entry[]): Entry[] | undefined {
  if (entries.length === 0) return undefined
  if (entries.length === 1) return entries
  entries.sort(compareEntries)
  return entries.length > CERTAINLY_FEW ? capped(entries) : entries
}

/** No more updaters than this are ever taken together. */
const CERTAINLY_FEW = 10

function capped(entries: readonly Entry[]): Entry[] | undefined {
  const managed = decodeManaged(entries, { isOurs: true })
  capManagers(managed)
  return encodeManaged(managed)
}
