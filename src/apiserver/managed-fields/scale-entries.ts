import { difference, fieldSet, has, isEmpty } from '../../api/patch/apply/field-set.ts'
import { decodeManaged, encodeManaged, identityOf, managerId } from '../../api/patch/apply/managed-fields.ts'
import type { ManagedSet } from '../../api/patch/apply/managers.ts'
import type { Entries } from './entries-of.ts'

/**
 * Where the number of replicas is in objects of a version: `['f:spec', 'f:replicas']`; empty for a version that has no Scale,
 * undefined for one that is gone.
 */
export type ReplicasPath = (apiVersion: string) => readonly string[] | undefined

const IN_SCALE = ['f:spec', 'f:replicas']
const SCALE_VERSION = 'autoscaling/v1'

/** Who owns the number of replicas, as the Scale of an object shows it. Upstream: ScaleHandler.ToSubresource. */
export function toScaleEntries(parent: Entries, pathIn: ReplicasPath): Entries | undefined {
  const { managers, times } = decodeManaged(parent, { isOurs: true })
  const scale = new Map<string, ManagedSet>()
  const scaleTimes = new Map<string, string>()
  for (const [id, owned] of managers) {
    const path = pathIn(owned.apiVersion)
    if (!path || !has(owned.fields, path)) continue
    const inScale = scaleId(id)
    scale.set(inScale, { ...owned, fields: fieldSet(IN_SCALE), apiVersion: SCALE_VERSION })
    const time = times.get(id)
    if (time !== undefined) scaleTimes.set(inScale, time)
  }
  return encodeManaged({ managers: scale, times: scaleTimes })
}

/**
 * The entries of an object after a change of its Scale: who does not own the replicas there any more loses them here, who
 * does now has them in the version that was written through. Upstream: ScaleHandler.ToParent.
 */
export function fromScaleEntries(
  parent: Entries,
  scale: Entries,
  pathIn: ReplicasPath,
  apiVersion: string,
): Entries | undefined {
  const before = decodeManaged(parent, { isOurs: true })
  const inScale = new Map(decodeManaged(scale, { isOurs: true }).managers)
  const managers = new Map<string, ManagedSet>()
  for (const [id, owned] of before.managers) {
    const path = pathIn(owned.apiVersion)
    if (!path) continue // a version that is gone
    const isKept = !has(owned.fields, path) || inScale.delete(scaleId(id))
    const fields = isKept ? owned.fields : difference(owned.fields, fieldSet(path))
    if (!isEmpty(fields)) managers.set(id, fields === owned.fields ? owned : { ...owned, fields })
  }
  const path = pathIn(apiVersion)
  for (const [id, owned] of path?.length ? inScale : []) {
    if (!has(owned.fields, IN_SCALE)) continue
    managers.set(id, { ...owned, fields: fieldSet(path as readonly string[]), apiVersion })
  }
  return encodeManaged({ managers, times: before.times })
}

/** A manager of the object as it is called in the Scale: its identity says which version it wrote. */
function scaleId(id: string): string {
  const identity = identityOf(id)
  return managerId(identity.apiVersion ? { ...identity, apiVersion: SCALE_VERSION } : identity)
}
