import { capManagers } from '../../api/patch/apply/cap-managers.ts'
import { ElementError } from '../../api/patch/apply/element.ts'
import { isEmpty, NOTHING, union } from '../../api/patch/apply/field-set.ts'
import { decodeManaged, encodeManaged, managerId } from '../../api/patch/apply/managed-fields.ts'
import type { OwnershipRules, VersionedObject } from '../../api/patch/apply/managers.ts'
import { withoutIdentity } from '../../api/patch/apply/ownable-fields.ts'
import { ownersAfterUpdate } from '../../api/patch/apply/ownership.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import { StatusError } from '../../api/status-error.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { type Entries, setEntries } from './entries-of.ts'
import type { ManagedKind } from './managed-kind.ts'

export interface UpdateAcrossVersions {
  readonly object: ApiObject
  readonly live: DeepReadonly<ApiObject>
  /** As this server wrote them. */
  readonly given: Entries
  readonly manager: string
  /** RFC 3339. */
  readonly now: string
}

/** Nobody's name: an update is taken for somebody else's until it is known what it set. */
const SELF = 'current-operation'

/** Sets the managedFields of an updated object some of whose entries are of other versions; those gone are dropped. */
export async function updateAcrossVersions(kind: ManagedKind, update: UpdateAcrossVersions): Promise<void> {
  try {
    setEntries(update.object, await entriesAfter(kind, update))
  } catch (error) {
    if (!(error instanceof ElementError || error instanceof StatusError)) throw error
    setEntries(update.object, undefined) // a write does not fail because nobody can say who owns what
  }
}

async function entriesAfter(kind: ManagedKind, update: UpdateAcrossVersions): Promise<Entries | undefined> {
  const { given, object, live, manager, now } = update
  const { managers, times } = decodeManaged(given, { isOurs: true })
  const change = { live: versioned(kind, live), next: versioned(kind, object), managers, manager: SELF }
  const after = new Map(await ownersAfterUpdate(change, ownershipRules(kind)))
  const mine = after.get(SELF)
  const set = withoutIdentity(mine?.fields ?? NOTHING)
  after.delete(SELF)
  if (mine && !isEmpty(set)) {
    const { apiVersion, subresource } = kind
    const id = managerId({ manager, operation: 'Update', apiVersion, subresource })
    after.set(id, { ...mine, fields: union(set, after.get(id)?.fields ?? NOTHING) })
    times.set(id, now)
  }
  const managed = { managers: after, times }
  capManagers(managed)
  return encodeManaged(managed)
}

/** An object in the version of the kind. */
export const versioned = ({ apiVersion, type }: ManagedKind, object: DeepReadonly<ApiObject>): VersionedObject => ({
  apiVersion,
  type,
  value: object as unknown as JsonObject,
})

/** How ownership is worked out for writers of a kind. */
export function ownershipRules({ converter, ownable }: ManagedKind): OwnershipRules {
  return {
    converter,
    filter: (fields, apiVersion) => (isEmpty(fields) ? fields : ownable(apiVersion).filter(fields)),
  }
}
