import { type DeepReadonly, editable } from '../../../../base/deep-readonly.ts'
import type { FieldError } from '../../../field-error.ts'
import type { UpdateContext } from '../../../resource.ts'
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, Toleration } from '../../../types/core.v1.ts'
import { describeDifference } from '../../validation/difference.ts'
import { semanticEqual } from '../../validation/equality.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { inRange, MAX_INT32 } from '../../validation/numbers.ts'
import { checkAnnotationUpdate } from './validate-annotations.ts'
import { checkEphemeralContainersUpdate } from './validate-ephemeral-update.ts'
import { checkResize } from './validate-resize.ts'
import { checkTolerations } from './validate-scheduling.ts'
import { checkStatusUpdate } from './validate-status.ts'

export type ReadonlyPod = DeepReadonly<Pod>

const spec = FieldPath.of('spec')
const annotations = FieldPath.of('metadata.annotations')

const CHANGEABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

/** What an update of a pod may change depends on the way it comes in. */
export function validatePodUpdate(pod: ReadonlyPod, { old, subresource }: UpdateContext<Pod>): FieldError[] {
  return collect((errors) => {
    if (subresource !== 'resize') {
      checkAnnotationUpdate(pod.metadata.annotations, old.metadata.annotations, annotations, errors)
    }
    if (subresource === 'status') checkStatusUpdate(pod, old, errors)
    else if (subresource === 'ephemeralcontainers') checkEphemeralContainersUpdate(pod, old, errors)
    else if (subresource === 'resize') checkResize(pod, old, errors)
    else checkSpecUpdate(pod, old, errors)
  })
}

function checkSpecUpdate(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  for (const field of ['containers', 'initContainers'] as const) {
    if ((pod.spec[field]?.length ?? 0) === (old.spec[field]?.length ?? 0)) continue
    return errors.forbidden(spec.child(field), 'pod updates may not add or remove containers')
  }
  if (!checkDeadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, errors)) return
  checkTolerationsUpdate(pod.spec.tolerations ?? [], old.spec.tolerations ?? [], errors)
  checkGatesUpdate(pod, old, errors)
  if (semanticEqual(pod.spec, old.spec)) return
  const rest = withoutAllowedChanges(pod, old, errors)
  if (semanticEqual(rest, old.spec)) return
  const difference = describeDifference(old.spec, rest)
  errors.forbidden(spec, `pod updates may not change fields other than ${CHANGEABLE}\n${difference}`)
}

/** A deadline may be set or brought nearer. False: no other change needs a look. */
function checkDeadline(seconds: number | undefined, old: number | undefined, errors: FieldErrors): boolean {
  const at = spec.child('activeDeadlineSeconds')
  if (seconds === undefined) {
    if (old !== undefined) errors.invalid(at, null, 'must not update from a positive integer to nil value')
    return true
  }
  if (seconds < 0 || seconds > MAX_INT32) errors.invalid(at, seconds, inRange(0, MAX_INT32))
  else if (old !== undefined && old < seconds) {
    errors.invalid(at, seconds, 'must be less than or equal to previous value')
  } else return true
  return false
}

type ReadonlyToleration = DeepReadonly<Toleration>

function checkTolerationsUpdate(
  tolerations: readonly ReadonlyToleration[],
  old: readonly ReadonlyToleration[],
  errors: FieldErrors,
): void {
  const at = spec.child('tolerations')
  const kept = old.every((wanted) => tolerations.some((toleration) => isSameToleration(toleration, wanted)))
  if (!kept) errors.forbidden(at, 'existing toleration can not be modified except its tolerationSeconds')
  else checkTolerations(tolerations, at, errors)
}

const isSameToleration = (a: ReadonlyToleration, b: ReadonlyToleration): boolean =>
  semanticEqual({ ...a, tolerationSeconds: undefined }, { ...b, tolerationSeconds: undefined })

function checkGatesUpdate(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  const known = new Set(old.spec.schedulingGates?.map(({ name }) => name))
  pod.spec.schedulingGates?.forEach(({ name }, index) => {
    if (known.has(name)) return
    const problem = `only deletion is allowed, but found new scheduling gate '${name}'`
    errors.forbidden(spec.child('schedulingGates').index(index).child('name'), problem)
  })
}

/** The new spec with what may change put back; what is still different may not. */
function withoutAllowedChanges(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): Pod['spec'] {
  const rest: Pod['spec'] = { ...(pod.spec as Pod['spec']) }
  const before = old.spec as Pod['spec']
  rest.containers = withOldImages(rest.containers, before.containers)
  if (rest.initContainers) rest.initContainers = withOldImages(rest.initContainers, before.initContainers ?? [])
  restore(rest, before, 'activeDeadlineSeconds')
  restore(rest, before, 'schedulingGates')
  restore(rest, before, 'tolerations')
  const grace = before.terminationGracePeriodSeconds
  if (grace !== undefined && grace < 0 && rest.terminationGracePeriodSeconds === 1) {
    rest.terminationGracePeriodSeconds = grace
  }
  if (before.schedulingGates?.length) allowNarrowing(rest, old, errors)
  return rest
}

function restore<F extends keyof Pod['spec']>(rest: Pod['spec'], before: Pod['spec'], field: F): void {
  if (before[field] === undefined) delete rest[field]
  else rest[field] = before[field]
}

function withOldImages(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, index) => ({ ...container, image: old[index]?.image ?? '' }))
}

/** While gates hold a pod back, its choice of nodes may still become narrower (KEP-3838). */
function allowNarrowing(rest: Pod['spec'], old: ReadonlyPod, errors: FieldErrors): void {
  const before = old.spec
  if (!semanticEqual(rest.nodeSelector, before.nodeSelector)) {
    checkOnlyAdditions(rest.nodeSelector ?? {}, before.nodeSelector ?? {}, errors)
    restore(rest, before as Pod['spec'], 'nodeSelector')
  }
  const was = before.affinity?.nodeAffinity
  if (semanticEqual(was, rest.affinity?.nodeAffinity)) return
  checkNarrowerAffinity(rest.affinity?.nodeAffinity, was, errors)
  const { nodeAffinity: _changed, ...others } = rest.affinity ?? {}
  const affinity = { ...others, ...(was && { nodeAffinity: editable<NodeAffinity>(was) }) }
  if (before.affinity === undefined && Object.keys(affinity).length === 0) delete rest.affinity
  else rest.affinity = affinity
}

type Selector = Readonly<Record<string, string>>

function checkOnlyAdditions(selector: Selector, old: Selector, errors: FieldErrors): void {
  if (Object.keys(old).every((key) => selector[key] === old[key])) return
  const problem = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
  errors.invalid(spec.child('nodeSelector'), selector, problem)
}

function checkNarrowerAffinity(
  affinity: DeepReadonly<NodeAffinity> | undefined,
  old: DeepReadonly<NodeAffinity> | undefined,
  errors: FieldErrors,
): void {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution'
  const oldTerms = old?.[required]?.nodeSelectorTerms ?? []
  if (oldTerms.length === 0) return
  const terms = affinity?.[required]?.nodeSelectorTerms ?? []
  const at = spec.child(`affinity.nodeAffinity.${required}.nodeSelectorTerms`)
  if (terms.length !== oldTerms.length) {
    return errors.invalid(at, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')
  }
  oldTerms.forEach((oldTerm, index) => {
    const term = terms[index] as DeepReadonly<NodeSelectorTerm>
    if (hasOnlyAdditions(term, oldTerm)) return
    errors.invalid(at.index(index), term, 'only additions are allowed (no mutations or deletions)')
  })
}

/** Requirements of a term are all to be met: more of them select less. An empty term selects nothing and stays. */
function hasOnlyAdditions(term: DeepReadonly<NodeSelectorTerm>, old: DeepReadonly<NodeSelectorTerm>): boolean {
  const fields = ['matchExpressions', 'matchFields'] as const
  if (fields.every((field) => !old[field]?.length)) return fields.every((field) => !term[field]?.length)
  return fields.every((field) => {
    const before = old[field] ?? []
    return semanticEqual(term[field]?.slice(0, before.length) ?? [], before)
  })
}
