import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { PodTemplateSpec } from '../../types/core.v1.ts'
import type { LabelSelector } from '../../types/meta.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import {
  checkRunningTemplate,
  checkSharedDisks,
  isEmptySelector,
  refuseOtherLabels,
  templateMatch,
} from './pod-template.ts'

const SELECTOR = FieldPath.of('spec.selector')
const TEMPLATE = FieldPath.of('spec.template')

interface Replicated {
  readonly replicas?: number
  readonly selector?: DeepReadonly<LabelSelector> | null
  readonly template?: DeepReadonly<PodTemplateSpec>
}

/** Selector and template of a Deployment or ReplicaSet: both there, and made for each other. */
export function checkReplicaTemplate(spec: Replicated, errors: FieldErrors): void {
  const { selector, template } = spec
  if (!selector) errors.required(SELECTOR)
  else {
    checkLabelSelector(selector, SELECTOR, errors)
    if (isEmptySelector(selector)) errors.invalid(SELECTOR, selector, 'empty selector is invalid for deployment')
  }
  if (!template) return errors.required(TEMPLATE)
  const match = templateMatch(selector, template)
  if (match === 'invalid') return errors.invalid(SELECTOR, selector, 'invalid label selector')
  if (match === 'differs') refuseOtherLabels(template, TEMPLATE, errors)
  checkRunningTemplate(template, 'ReplicaSet', TEMPLATE, errors)
  if ((spec.replicas ?? 0) > 1) checkSharedDisks(template.spec?.volumes, TEMPLATE.child('spec.volumes'), errors)
}
