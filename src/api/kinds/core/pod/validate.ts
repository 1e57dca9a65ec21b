import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { FieldError } from '../../../field-error.ts'
import type { Pod, PodTemplateSpec } from '../../../types/core.v1.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { checkAnnotations, checkLabels } from '../../validation/labels.ts'
import { checkPodAnnotations, checkProfilesAgree } from './validate-annotations.ts'
import { checkImagesHaveNoPadding } from './validate-containers.ts'
import { checkPodSpec } from './validate-spec.ts'
import type { ReadonlySpec } from './visit-containers.ts'

/** What a workload demands of its template beyond what every template keeps. */
export interface TemplateRules {
  /** Restart policies that the workload can live with; the error lists them in this order. Default: any. */
  readonly restartPolicies?: readonly string[]
  /** The text that refuses spec.activeDeadlineSeconds, for workloads that never end. */
  readonly noActiveDeadline?: string
  /** A plain selector that the template's labels have to match. */
  readonly selects?: (labels: Readonly<Record<string, string>>) => boolean
}

const emptySpec: ReadonlySpec = { containers: [] }
const templateOfNoPod = { isPod: false, podName: undefined } as const

/**
 * Rules on the pod template of a workload. `at` is the path of the template: `spec.template`, whose labels upstream
 * calls `spec.template.labels`, but `spec.template.metadata.labels` when they do not match the selector.
 */
export function validatePodTemplateSpec(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  at: FieldPath,
  errors: FieldErrors,
  rules: TemplateRules = {},
): void {
  if (!template) return errors.required(at)
  const { metadata = {}, spec = emptySpec } = template
  if (rules.selects && !rules.selects(metadata.labels ?? {})) {
    const problem = '`selector` does not match template `labels`'
    errors.invalid(at.child('metadata.labels'), metadata.labels ?? null, problem)
  }
  checkLabels(metadata.labels, at.child('labels'), errors)
  checkAnnotations(metadata.annotations, at.child('annotations'), errors)
  checkPodAnnotations(metadata.annotations, spec, at.child('annotations'), errors)
  checkPodSpec(spec, at.child('spec'), errors, templateOfNoPod)
  checkProfilesAgree(metadata.annotations, spec, at.child('spec'), errors)
  if (spec.ephemeralContainers?.length) {
    errors.forbidden(at.child('spec.ephemeralContainers'), 'ephemeral containers not allowed in pod template')
  }
  checkWorkloadRules(spec, at.child('spec'), errors, rules)
}

function checkWorkloadRules(
  spec: ReadonlySpec,
  at: FieldPath,
  errors: FieldErrors,
  { restartPolicies, noActiveDeadline }: TemplateRules,
): void {
  const policy: string = spec.restartPolicy ?? ''
  if (restartPolicies && !restartPolicies.includes(policy)) {
    errors.notSupported(at.child('restartPolicy'), policy, restartPolicies)
  }
  if (noActiveDeadline !== undefined && spec.activeDeadlineSeconds !== undefined) {
    errors.forbidden(at.child('activeDeadlineSeconds'), noActiveDeadline)
  }
}

const specPath = FieldPath.of('spec')
const annotationsPath = FieldPath.of('metadata.annotations')

/** Rules on a whole pod, whether new (`old` is unset) or changed. */
export function validatePod(pod: DeepReadonly<Pod>, old?: DeepReadonly<Pod>): FieldError[] {
  return collect((errors) => {
    const { metadata, spec } = pod
    checkPodAnnotations(metadata.annotations, spec, annotationsPath, errors)
    checkPodSpec(spec, specPath, errors, { isPod: true, podName: metadata.name })
    if (!spec.serviceAccountName) refuseTokenVolumes(spec, errors)
    if (spec.containers) checkImagesHaveNoPadding(spec.containers, specPath.child('containers'), errors)
    if (spec.initContainers) checkImagesHaveNoPadding(spec.initContainers, specPath.child('initContainers'), errors)
    if (!old) checkNewPod(pod, errors)
  })
}

function refuseTokenVolumes({ volumes = [] }: ReadonlySpec, errors: FieldErrors): void {
  for (const [index, { projected }] of volumes.entries()) {
    projected?.sources?.forEach(({ serviceAccountToken }, position) => {
      if (!serviceAccountToken) return
      const source = specPath.child('volumes').index(index).child('projected.sources').index(position)
      errors.forbidden(source.child('serviceAccountToken'), 'must not be specified when serviceAccountName is not set')
    })
  }
}

function checkNewPod({ metadata, spec }: DeepReadonly<Pod>, errors: FieldErrors): void {
  if (spec.ephemeralContainers?.length)
    errors.forbidden(specPath.child('ephemeralContainers'), 'cannot be set on create')
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.forbidden(specPath.child('nodeName'), 'cannot be set until all schedulingGates have been cleared')
  }
  checkProfilesAgree(metadata.annotations, spec, specPath, errors)
}
