import type { ApiObject } from '../api/resource.ts'
import { hasReason, Reason } from '../api/status-error.ts'
import type { ObjectMeta } from '../api/types/meta.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ResourceClient } from '../client/client.ts'
import { apply } from './apply.ts'
import type { OwnerKind } from './owner-references.ts'
import { controllerOf, controllerReference } from './owner-references.ts'

type Known = ApiObject & { metadata: ObjectMeta }

/** Which of the candidates belong to an owner now, and which are to be taken over or let go. */
export interface Claims<T> {
  readonly owned: readonly DeepReadonly<T>[]
  readonly adopt: readonly DeepReadonly<T>[]
  readonly release: readonly DeepReadonly<T>[]
}

/**
 * Sorts candidates of the owner's namespace: owned ones that its selector no longer matches are released, matching orphans
 * are adopted. An owner that is being deleted does neither; what is being deleted is not adopted.
 */
export function claims<T extends Known>(
  owner: DeepReadonly<Known>,
  candidates: readonly DeepReadonly<T>[],
  matches: (object: DeepReadonly<T>) => boolean,
): Claims<T> {
  const result = { owned: [], adopt: [], release: [] } as Record<keyof Claims<T>, DeepReadonly<T>[]>
  const terminating = owner.metadata.deletionTimestamp !== undefined
  for (const object of candidates) {
    const controller = controllerOf(object as DeepReadonly<Known>)
    if (controller?.uid === owner.metadata.uid) {
      if (matches(object)) result.owned.push(object)
      else if (!terminating) result.release.push(object)
    } else if (!controller && !terminating && matches(object) && !deleting(object)) result.adopt.push(object)
  }
  return result
}

const deleting = <T extends Known>(object: DeepReadonly<T>): boolean =>
  (object as DeepReadonly<Known>).metadata.deletionTimestamp !== undefined

export interface ClaimDeps<T extends Known, O extends Known> {
  readonly owner: NoInfer<DeepReadonly<O>>
  readonly kind: OwnerKind
  /** Asked afresh before anything is adopted: the owner may be gone while the cache still shows it. */
  readonly owners: ResourceClient<O>
  readonly dependents: ResourceClient<T>
  /** Put on adopted objects, as the Job controller does with its pods. */
  readonly finalizers?: readonly string[]
  readonly signal: AbortSignal
}

/** Writes the claims and returns all that is owned afterwards. Objects that vanish meanwhile are left out. */
export async function applyClaims<T extends Known, O extends Known>(
  { owned, adopt, release }: NoInfer<Claims<T>>,
  deps: ClaimDeps<T, O>,
): Promise<readonly DeepReadonly<T>[]> {
  const { signal } = deps
  const adopted: DeepReadonly<T>[] = []
  if (adopt.length > 0) await checkOwner(deps)
  await apply(adopt, async (object) => adopted.push(...(await patchOwner(object, adoption(deps, object), deps))), {
    signal,
  })
  await apply(release, (object) => patchOwner(object, releasing(deps, object), deps), { signal })
  return adopted.length > 0 ? [...owned, ...adopted] : owned
}

async function checkOwner<T extends Known, O extends Known>({
  owner,
  kind,
  owners,
  signal,
}: ClaimDeps<T, O>): Promise<void> {
  const { name, namespace, uid } = (owner as DeepReadonly<Known>).metadata
  const fresh = (await owners.get({ name, namespace }, { signal })) as DeepReadonly<Known>
  const at = `${kind.kind} ${namespace ?? ''}/${name}`
  if (fresh.metadata.uid !== uid)
    throw new Error(`original ${at} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`)
  if (fresh.metadata.deletionTimestamp)
    throw new Error(`${at} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
}

/** Patches an object's owner references; `[]` when it is gone or is another one by now. */
async function patchOwner<T extends Known, O extends Known>(
  object: DeepReadonly<T>,
  metadata: object,
  { dependents, signal }: ClaimDeps<T, O>,
): Promise<DeepReadonly<T>[]> {
  const { name, namespace } = (object as DeepReadonly<Known>).metadata
  try {
    return [await dependents.patch({ name, namespace }, { type: 'strategic', body: { metadata } }, { signal })]
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Invalid)) return []
    throw error
  }
}

/** The uid in the patch makes it fail on a namesake. */
function adoption<T extends Known, O extends Known>(
  { owner, kind, finalizers }: ClaimDeps<T, O>,
  object: DeepReadonly<T>,
) {
  const { uid } = (object as DeepReadonly<Known>).metadata
  const ownerReferences = [controllerReference(owner as DeepReadonly<Known>, kind)]
  return { ownerReferences, uid, ...(finalizers && { finalizers }) }
}

function releasing<T extends Known, O extends Known>({ owner, finalizers }: ClaimDeps<T, O>, object: DeepReadonly<T>) {
  const ownerReferences = [{ $patch: 'delete', uid: (owner as DeepReadonly<Known>).metadata.uid }]
  const { uid } = (object as DeepReadonly<Known>).metadata
  return { ownerReferences, uid, ...(finalizers && { '$deleteFromPrimitiveList/finalizers': finalizers }) }
}
