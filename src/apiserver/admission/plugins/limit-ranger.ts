import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { aggregateText } from '../../authz/aggregate-text.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { createsPod, isAbout, refuse } from '../refuse.ts'
import { claimProblems, podProblems } from './limit-ranger/constraints.ts'
import { fillContainerDefaults } from './limit-ranger/defaults.ts'

/** Fills in and checks what containers, pods and claims ask for, by the LimitRanges of their namespace. */
export function limitRanger({ limitRanges }: Pick<AdmissionDeps, 'limitRanges'>): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    handles: (request) =>
      (createsPod(request) || changesClaim(request)) && limitRanges.list(request.namespace).length > 0,
    mutate(request) {
      if (!createsPod(request)) return
      for (const range of limitRanges.list(request.namespace)) fillContainerDefaults(request.object as Pod, range)
    },
    validate(request) {
      const problems = limitRanges.list(request.namespace).flatMap((range) => problemsOf(request, range))
      if (problems.length > 0) throw refuse(request, aggregateText(problems))
    },
  }
}

const changesClaim = (request: AdmissionRequest): boolean =>
  (request.operation === 'CREATE' || request.operation === 'UPDATE') && isAbout(request, '', 'persistentvolumeclaims')

function problemsOf(request: AdmissionRequest, { spec }: DeepReadonly<LimitRange>): string[] {
  return (spec.limits ?? []).flatMap((item) =>
    createsPod(request)
      ? podProblems(request.object as Pod, item)
      : claimProblems(request.object as PersistentVolumeClaim, item),
  )
}
