import type { ApiObject } from '../../api/resource.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { FOREGROUND, hasFinalizer, ORPHAN } from './owner-graph.ts'

/** What an owner reference points at: something that stays, nothing, or something that waits for its dependents to go. */
export type OwnerState = 'solid' | 'absent' | 'waiting'

export type Propagation = 'Orphan' | 'Foreground' | 'Background'

/** What is to become of an object with owner references. */
export type Verdict =
  | { readonly do: 'keep' }
  /** Other owners stay: these references go. */
  | { readonly do: 'unlink'; readonly uids: readonly string[] }
  /** `unblock`: its dependents wait for it in a circle; without blocking references it can go. */
  | { readonly do: 'delete'; readonly propagation: Propagation; readonly unblock: boolean }

export interface Dependents {
  /** Are there any? */
  readonly any: boolean
  /** Is one of them being deleted in the foreground itself? */
  readonly waiting: boolean
}

/** Decides as upstream's attemptToDeleteItem: an object goes when none of its owners stays. */
export function verdict(
  object: DeepReadonly<ApiObject>,
  owners: readonly { readonly reference: DeepReadonly<OwnerReference>; readonly state: OwnerState }[],
  dependents: Dependents,
): Verdict {
  const gone = owners.filter(({ state }) => state !== 'solid')
  if (gone.length === 0) return { do: 'keep' }
  if (gone.length < owners.length) return { do: 'unlink', uids: gone.map(({ reference }) => reference.uid) }
  if (owners.some(({ state }) => state === 'waiting') && dependents.any) {
    return { do: 'delete', propagation: 'Foreground', unblock: dependents.waiting }
  }
  return { do: 'delete', propagation: ownPropagation(object), unblock: false }
}

/** Finalizers say how whoever asked for its deletion wanted it done. */
function ownPropagation(object: DeepReadonly<ApiObject>): Propagation {
  if (hasFinalizer(object, ORPHAN)) return 'Orphan'
  return hasFinalizer(object, FOREGROUND) ? 'Foreground' : 'Background'
}
