import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { StatefulSetSpec } from '../../types/apps.v1.ts'
import type { PodTemplateSpec } from '../../types/core.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkAtMostAll, checkNotNegative, checkNumberOrPercent } from '../validation/numbers.ts'
import { checkRunningTemplate, isEmptySelector, refuseOtherLabels, templateMatch } from './pod-template.ts'
import { isZeroShare } from './share.ts'

type Spec = DeepReadonly<StatefulSetSpec>

const SELECTOR = FieldPath.of('spec.selector')
const TEMPLATE = FieldPath.of('spec.template')

/** All rules on a StatefulSet's spec. */
export function checkStatefulSetSpec(spec: Spec, errors: FieldErrors): void {
  checkManagementPolicy(spec, errors)
  checkUpdateStrategy(spec.updateStrategy, errors)
  checkRetention(spec, errors)
  checkNotNegative(spec.replicas, 'spec.replicas', errors)
  checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors)
  checkNotNegative(spec.ordinals?.start, 'spec.ordinals.start', errors)
  checkTemplate(spec, errors)
}

function checkManagementPolicy({ podManagementPolicy: policy }: Spec, errors: FieldErrors): void {
  if (!policy) errors.required('spec.podManagementPolicy')
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
  }
}

const STRATEGY = 'spec.updateStrategy'

function checkUpdateStrategy(strategy: Spec['updateStrategy'], errors: FieldErrors): void {
  switch (strategy?.type) {
    case undefined:
    case '':
      return errors.required(STRATEGY)
    case 'OnDelete':
      if (strategy.rollingUpdate) {
        const why = "only allowed for updateStrategy 'RollingUpdate'"
        errors.invalid(`${STRATEGY}.rollingUpdate`, strategy.rollingUpdate, why)
      }
      return
    case 'RollingUpdate':
      return checkRollingUpdate(strategy.rollingUpdate, errors)
    default:
      errors.invalid(STRATEGY, strategy, "must be 'RollingUpdate' or 'OnDelete'")
  }
}

function checkRollingUpdate(rolling: NonNullable<Spec['updateStrategy']>['rollingUpdate'], errors: FieldErrors): void {
  if (!rolling) return
  checkNotNegative(rolling.partition, `${STRATEGY}.rollingUpdate.partition`, errors)
  if (rolling.maxUnavailable === undefined) return
  const at = `${STRATEGY}.rollingUpdate.maxUnavailable`
  checkNumberOrPercent(rolling.maxUnavailable, at, errors)
  if (isZeroShare(rolling.maxUnavailable)) errors.invalid(at, rolling.maxUnavailable, 'cannot be 0')
  checkAtMostAll(rolling.maxUnavailable, at, errors)
}

const RETENTION = ['Retain', 'Delete']

function checkRetention({ persistentVolumeClaimRetentionPolicy: policy }: Spec, errors: FieldErrors): void {
  if (!policy) return
  for (const moment of ['whenDeleted', 'whenScaled'] as const) {
    const choice = policy[moment] ?? ''
    if (RETENTION.includes(choice)) continue
    errors.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${moment}`, choice, RETENTION)
  }
}

function checkTemplate({ selector, template, volumeClaimTemplates: claimTemplates }: Spec, errors: FieldErrors): void {
  if (!selector) errors.required(SELECTOR)
  else {
    checkLabelSelector(selector, SELECTOR, errors)
    if (isEmptySelector(selector)) errors.invalid(SELECTOR, selector, 'empty selector is invalid for statefulset')
  }
  const match = templateMatch(selector, template)
  if (match === 'invalid') errors.invalid(SELECTOR, selector, '')
  else if (match === 'differs') refuseOtherLabels(template, TEMPLATE, errors)
  checkRunningTemplate(withClaimVolumes(template, claimTemplates), 'StatefulSet', TEMPLATE, errors)
}

/** The template as its pods will be: each claim template is a volume, in place of one of its name. */
function withClaimVolumes(
  template: DeepReadonly<PodTemplateSpec>,
  claimTemplates: Spec['volumeClaimTemplates'],
): DeepReadonly<PodTemplateSpec> {
  if (!template?.spec || !claimTemplates?.length) return template
  const claimed = claimTemplates.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const own = (template.spec.volumes ?? []).filter((volume) => !claimed.some(({ name }) => name === volume.name))
  return { ...template, spec: { ...template.spec, volumes: [...own, ...claimed] } }
}
