import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { ManagedFieldsEntry } from '../../types/meta.v1.ts'
import { type FieldSet, NOTHING, ordered, parseFieldSet } from './field-set.ts'
import type { ManagedSet } from './managers.ts'

/** The managedFields of an object, by manager. */
export interface Managed {
  readonly managers: Map<string, ManagedSet>
  /** When each manager last changed what it owns (RFC 3339). */
  readonly times: Map<string, string>
}

/** What tells managers apart: those that apply are the same in every version. */
export interface ManagerIdentity {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly apiVersion?: string
  readonly subresource?: string
}

export const emptyManaged = (): Managed => ({ managers: new Map(), times: new Map() })

/** The identifier of a manager: its identity as JSON, as upstream's BuildManagerIdentifier. */
export function managerId({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify({
    ...(manager && { manager }),
    ...(operation && { operation }),
    ...(apiVersion && operation !== 'Apply' && { apiVersion }),
    ...(subresource && { subresource }),
  })
}

export const identityOf = (id: string): ManagerIdentity => JSON.parse(id) as ManagerIdentity

type Entries = readonly DeepReadonly<ManagedFieldsEntry>[]

/**
 * Reads the managedFields of an object. Throws a SyntaxError with upstream's words for entries that are none. `isOurs`: this
 * server wrote them, so the sets are in canonical form.
 */
export function decodeManaged(entries: Entries = [], { isOurs }: { readonly isOurs: boolean }): Managed {
  const managed = emptyManaged()
  for (const [index, entry] of entries.entries()) {
    checkEntry(entry, index)
    const { operation, apiVersion = '', fieldsV1 = NOTHING, time } = entry
    const id = managerId(entry)
    const fields = isOurs ? (fieldsV1 as FieldSet) : parseFieldSet(fieldsV1)
    managed.managers.set(id, { fields, apiVersion, applied: operation === 'Apply' })
    if (time) managed.times.set(id, time)
  }
  return managed
}

function checkEntry({ operation, apiVersion, fieldsType }: Entries[number], index: number): void {
  if (operation !== 'Apply' && operation !== 'Update') throw new SyntaxError('operation must be `Apply` or `Update`')
  if (!apiVersion) throw new SyntaxError('apiVersion must not be empty')
  if (!fieldsType) throw new SyntaxError(`missing fieldsType in managed fields entry ${index}`)
  if (fieldsType !== 'FieldsV1') {
    throw new SyntaxError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
  }
}

/** The managedFields to write, in upstream's order; undefined when nobody owns anything. */
export function encodeManaged({ managers, times }: Managed): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  const entries: ManagedFieldsEntry[] = []
  for (const [id, owned] of managers) entries.push(managedEntry(id, owned, times.get(id)))
  return entries.length === 1 ? entries : entries.sort(compareEntries)
}

/** One entry, its fields in the order in which Go writes them. */
export function managedEntry(id: string, owned: ManagedSet, time: string | undefined): ManagedFieldsEntry {
  const { manager, operation, subresource } = identityOf(id)
  const entry: ManagedFieldsEntry = {}
  if (manager) entry.manager = manager
  entry.operation = owned.applied ? 'Apply' : (operation ?? 'Update')
  entry.apiVersion = owned.apiVersion
  if (time) entry.time = time
  entry.fieldsType = 'FieldsV1'
  entry.fieldsV1 = ordered(owned.fields) as Record<string, unknown>
  if (subresource) entry.subresource = subresource
  return entry
}

/** By operation, time in seconds, manager, version and subresource. */
export function compareEntries(left: Entries[number], right: Entries[number]): number {
  return (
    compareText(left.operation, right.operation) ||
    secondsOf(left.time) - secondsOf(right.time) ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  )
}

const compareText = (left = '', right = ''): number => (left < right ? -1 : left > right ? 1 : 0)

/** Seconds since the epoch; 0 without a time, which comes first. */
export const secondsOf = (time: string | undefined): number => (time ? Math.floor(Date.parse(time) / 1000) : 0)
