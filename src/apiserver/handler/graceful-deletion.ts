import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'

const ORPHAN = 'orphan'
const FOREGROUND = 'foregroundDeletion'

/** What a delete request does to an object. Upstream: rest.BeforeDelete and what the generic registry does around it. */
export type DeletionStep =
  /** Take it out of the store. */
  | { readonly kind: 'remove' }
  /** Mark it and leave it to whoever holds it; with `thenRemove` it goes right after. */
  | { readonly kind: 'mark'; readonly object: ApiObject; readonly thenRemove: boolean }
  /** It is on its way already, and sooner than asked. */
  | { readonly kind: 'wait' }

/** Decides from the object's state and the options; `now` in ms since the epoch. Pure. */
export function deletionStep(
  definition: ResourceDefinition,
  current: DeepReadonly<ApiObject>,
  options: DeleteOptions,
  now: number,
): DeletionStep {
  const grace = gracefulPart(definition, current, options, now)
  if (grace === 'wait') return { kind: 'wait' }
  const finalizers = finalizersAfter(definition, current, options)
  if (grace === undefined && finalizers.length === 0) return { kind: 'remove' }
  const object = editable<ApiObject>(current)
  setFinalizers(object, finalizers)
  mark(object, grace ?? { seconds: 0, deletionTimestamp: earlier(current.metadata.deletionTimestamp, now) })
  return { kind: 'mark', object, thenRemove: finalizers.length === 0 && grace?.seconds === 0 }
}

interface Grace {
  readonly seconds: number
  readonly deletionTimestamp: string
}

/** Undefined: the kind does not delete gracefully, or the time is over. */
function gracefulPart(
  { rules }: ResourceDefinition,
  current: DeepReadonly<ApiObject>,
  { gracePeriodSeconds: asked }: DeleteOptions,
  now: number,
): Grace | 'wait' | undefined {
  if (!rules.gracePeriodSeconds) return undefined
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = current.metadata
  if (deletionTimestamp) {
    if (running === undefined) return undefined
    if (asked === undefined || asked >= running) return 'wait'
    const begun = Date.parse(deletionTimestamp) - running * 1000
    return { seconds: asked, deletionTimestamp: timestamp(begun + asked * 1000) }
  }
  const seconds = rules.gracePeriodSeconds(current, asked) ?? 0 // at once, but marked first, as upstream
  return { seconds, deletionTimestamp: timestamp(now + seconds * 1000) }
}

/** Controllers of an object that is going away see a new generation once. */
function mark({ metadata }: ApiObject, { seconds, deletionTimestamp }: Grace): void {
  const isFirst = metadata.deletionGracePeriodSeconds === undefined
  if (isFirst && metadata.generation) metadata.generation++
  metadata.deletionTimestamp = deletionTimestamp
  metadata.deletionGracePeriodSeconds = seconds
}

const earlier = (set: string | undefined, now: number): string =>
  set !== undefined && Date.parse(set) <= now ? set : timestamp(now)

function setFinalizers({ metadata }: ApiObject, finalizers: readonly string[]): void {
  if (finalizers.length > 0) metadata.finalizers = [...finalizers]
  else delete metadata.finalizers
}

/** The finalizers that remain when the garbage collector's two are what the propagation policy wants. */
function finalizersAfter(
  definition: ResourceDefinition,
  { metadata }: DeepReadonly<ApiObject>,
  options: DeleteOptions,
): readonly string[] {
  const present = metadata.finalizers ?? []
  if (definition.kind === 'Event') return present // events are not garbage-collected
  const policy = propagation(definition, present, options)
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND)
  if (policy === 'Orphan') others.push(ORPHAN)
  if (policy === 'Foreground') others.push(FOREGROUND)
  return others
}

/** The request decides, then finalizers that are there, then the kind's default. */
export function propagation(
  { rules }: ResourceDefinition,
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteOptions,
): 'Orphan' | 'Background' | 'Foreground' {
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background'
  if (propagationPolicy !== undefined) return propagationPolicy
  const own = finalizers.find((finalizer) => finalizer === ORPHAN || finalizer === FOREGROUND)
  if (own !== undefined) return own === ORPHAN ? 'Orphan' : 'Foreground'
  return rules.defaultPropagation ?? 'Background'
}
