import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ResourceRequirements } from '../../../types/core.v1.ts'
import { semanticEqual } from '../../validation/equality.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { qosClassOf } from './quality-of-service.ts'
import { MIRROR_POD } from './validate-annotations.ts'
import type { ReadonlyPod } from './validate-update.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

type Requirements = DeepReadonly<ResourceRequirements>

const spec = FieldPath.of('spec')
const ONLY_COMPUTE = 'only cpu and memory resources are mutable'

/** In-place resize (KEP-1287): only the amounts of cpu and memory of what runs may change, and the class may not. */
export function checkResize(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  const refusal = whyNever(old)
  if (refusal) {
    errors.list.length = 0
    return errors.forbidden('', refusal)
  }
  const before = old.status.qosClass ?? qosClassOf(old.spec)
  if (before !== qosClassOf(pod.spec)) {
    errors.invalid(spec, pod.status.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing')
  }
  if (!nodeCanResize(old)) errors.forbidden(spec, 'Pod running on node without support for resize')
  checkPodLevel(pod.spec.resources, old.spec.resources, errors)
  if (old.status.nodeAllocatableResourceClaimStatuses?.length) {
    errors.forbidden(spec, 'pods with node allocatable resource claims cannot be resized')
  }
  if (!checkSameContainers(pod, old, errors)) return
  checkContainers(pod, old, errors)
  if (errors.count === 0 && !semanticEqual(unresized(pod), unresized(old))) errors.forbidden(spec, ONLY_COMPUTE)
}

function whyNever({ metadata, spec: { os } }: ReadonlyPod): string | undefined {
  if (metadata.annotations?.[MIRROR_POD] !== undefined) return 'static pods cannot be resized'
  return os?.name === 'windows' ? 'windows pods cannot be resized' : undefined
}

/** A kubelet that can resize reports what its containers have. */
function nodeCanResize({ status }: ReadonlyPod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state?.running)
  return running === undefined || running.resources !== undefined
}

function checkPodLevel(now: Requirements | undefined, before: Requirements | undefined, errors: FieldErrors): void {
  const at = spec.child('resources')
  if (before && !now) return errors.forbidden(at, 'pod-level resources cannot be removed')
  for (const wanted of ['requests', 'limits'] as const) {
    if (isRemoved(now?.[wanted], before?.[wanted])) {
      errors.forbidden(at.child(wanted), `pod-level resource ${wanted} cannot be removed`)
    }
  }
  if (!semanticEqual(withoutCompute(now), withoutCompute(before)))
    errors.forbidden(spec, `${ONLY_COMPUTE} at pod-level`)
}

function checkSameContainers(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): boolean {
  const before = errors.count
  for (const field of ['containers', 'initContainers'] as const) {
    const now = pod.spec[field] ?? []
    const was = old.spec[field] ?? []
    if (now.length !== was.length) errors.forbidden(spec.child(field), `${field} may not be added or removed on resize`)
    else {
      was.forEach(({ name }, index) => {
        if (now[index]?.name === name) return
        const problem = `${field} may not be renamed or reordered on resize`
        errors.forbidden(spec.child(field).index(index).child('name'), problem)
      })
    }
  }
  return errors.count === before
}

function checkContainers(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  old.spec.initContainers?.forEach((before, index) => {
    const now = pod.spec.initContainers?.[index] as ReadonlyContainer
    const at = spec.child('initContainers').index(index)
    if (before.restartPolicy === 'Always') {
      checkNothingRemoved(now, before, at.child('resources'), errors)
      if (!semanticEqual(unresizedContainer(now), unresizedContainer(before))) {
        errors.forbidden(at, 'only cpu and memory resources for init or sidecar containers are mutable')
      }
    } else if (!semanticEqual(now, before)) {
      errors.forbidden(spec, 'resources for non-sidecar init containers are immutable')
    }
  })
  old.spec.containers.forEach((before, index) => {
    const now = pod.spec.containers[index] as ReadonlyContainer
    checkNothingRemoved(now, before, spec.child('containers').index(index).child('resources'), errors)
    if (!semanticEqual(unresizedContainer(now), unresizedContainer(before))) errors.forbidden(spec, ONLY_COMPUTE)
  })
}

function checkNothingRemoved(
  now: ReadonlyContainer,
  before: ReadonlyContainer,
  at: FieldPath,
  errors: FieldErrors,
): void {
  for (const wanted of ['requests', 'limits'] as const) {
    if (isRemoved(now.resources?.[wanted], before.resources?.[wanted])) {
      errors.forbidden(at.child(wanted), `resource ${wanted} cannot be removed`)
    }
  }
}

type List = Readonly<Record<string, string>> | undefined

const isRemoved = (now: List, before: List): boolean => Object.keys(before ?? {}).some((name) => !(name in (now ?? {})))

function unresized(pod: ReadonlyPod): unknown {
  return {
    ...pod.spec,
    resources: withoutCompute(pod.spec.resources),
    containers: pod.spec.containers.map(unresizedContainer),
    initContainers: pod.spec.initContainers?.map(unresizedContainer),
  }
}

/** `resizePolicy` may come along with a resize: it says how the container takes it. */
const unresizedContainer = (container: ReadonlyContainer): unknown => ({
  ...container,
  resources: withoutCompute(container.resources),
})

/** The rest of what is asked for; undefined when cpu and memory are all. */
function withoutCompute(requirements: Requirements | undefined): unknown {
  const requests = others(requirements?.requests)
  const limits = others(requirements?.limits)
  const claims = requirements?.claims
  return requests || limits || claims?.length ? { requests, limits, claims } : undefined
}

function others(list: List): List {
  const { cpu: _cpu, memory: _memory, ...rest } = list ?? {}
  return Object.keys(rest).length > 0 ? rest : undefined
}
