import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import type { Deployment, DeploymentSpec } from '../../types/apps.v1.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { ageColumn, containerColumns, nameColumn } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { dns1123LabelErrors } from '../validation/name-rules.ts'
import { checkAtMostAll, checkNotNegative, checkNumberOrPercent } from '../validation/numbers.ts'
import { checkReplicaTemplate } from './replica-template.ts'
import { isZeroShare } from './share.ts'
import { checkAtMost, checkCollisionsKept, checkCounts } from './status-counts.ts'

/** apps/v1 Deployment. Upstream: pkg/apis/apps, pkg/registry/apps/deployment. */
export const deployments = defineResource<Deployment>('apps/v1', 'deployments', {
  ownable: { status: { except: ['spec', 'metadata.labels'] } },
  default: setDefaults,
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: (deployment, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkStatus(deployment, old, errors)
      else checkImmutable(deployment.spec.selector, old.spec.selector, 'spec.selector', errors)
    }),
  warnings: (deployment, old) => [
    ...(old ? [] : longNameWarnings(deployment.metadata.name)),
    ...(old && semanticEqual(old.spec.template, deployment.spec.template)
      ? []
      : podTemplateWarnings(deployment.spec.template, 'spec.template', old?.spec.template)),
  ],
  generation: ({ metadata }) => metadata.annotations,
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: ({ spec }) => labelSelectorMatcher(spec.selector).toString(),
  },
  columns: [
    nameColumn,
    { header: 'Ready', cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}` },
    { header: 'Up-to-date', cell: ({ status }) => status?.updatedReplicas ?? 0 },
    { header: 'Available', cell: ({ status }) => status?.availableReplicas ?? 0 },
    ageColumn,
    ...containerColumns<Deployment>(({ spec }) => spec.template.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => labelSelectorMatcher(spec.selector).toString() },
  ],
})

function setDefaults({ spec }: Deployment): void {
  spec.replicas ??= 1
  spec.strategy ??= {}
  spec.strategy.type ||= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {}
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
    spec.strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  defaultPodTemplate(spec.template)
}

/** The name becomes part of pods' host names. */
function longNameWarnings(name: string): string[] {
  const problems = dns1123LabelErrors(name)
  if (problems.length === 0) return []
  const why = 'this is used in Pod names and hostnames, which can result in surprising behavior'
  return [`metadata.name: ${why}; a DNS label is recommended: [${problems.join(' ')}]`]
}

function checkSpec(spec: DeepReadonly<DeploymentSpec>, errors: FieldErrors): void {
  checkNotNegative(spec.replicas, 'spec.replicas', errors)
  checkReplicaTemplate(spec, errors)
  checkStrategy(spec.strategy, errors)
  checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors)
  checkNotNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors)
  checkDeadline(spec, errors)
}

const STRATEGIES = ['Recreate', 'RollingUpdate']

function checkStrategy(strategy: DeepReadonly<DeploymentSpec['strategy']>, errors: FieldErrors): void {
  if (strategy?.type === 'RollingUpdate') return checkRollingUpdate(strategy, errors)
  if (strategy?.type !== 'Recreate') return errors.notSupported('spec.strategy', strategy, STRATEGIES)
  if (!strategy.rollingUpdate) return
  errors.forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")
}

const ROLLING = 'spec.strategy.rollingUpdate'

function checkRollingUpdate(
  { rollingUpdate }: DeepReadonly<NonNullable<DeploymentSpec['strategy']>>,
  errors: FieldErrors,
): void {
  if (!rollingUpdate) return errors.required(ROLLING, 'this should be defaulted and never be nil')
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate
  checkNumberOrPercent(maxUnavailable, `${ROLLING}.maxUnavailable`, errors)
  checkNumberOrPercent(maxSurge, `${ROLLING}.maxSurge`, errors)
  if (isZeroShare(maxUnavailable) && isZeroShare(maxSurge)) {
    errors.invalid(`${ROLLING}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  }
  checkAtMostAll(maxUnavailable, `${ROLLING}.maxUnavailable`, errors)
}

function checkDeadline(spec: DeepReadonly<DeploymentSpec>, errors: FieldErrors): void {
  const deadline = spec.progressDeadlineSeconds
  if (deadline === undefined) return
  checkNotNegative(deadline, 'spec.progressDeadlineSeconds', errors)
  if (deadline <= (spec.minReadySeconds ?? 0)) {
    errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
  }
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
  'terminatingReplicas',
] as const
const PARTS = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

function checkStatus({ status }: DeepReadonly<Deployment>, old: DeepReadonly<Deployment>, errors: FieldErrors): void {
  checkCounts(status, COUNTS, errors)
  checkAtMost(status, PARTS, { limit: status.replicas ?? 0, what: 'status.replicas' }, errors)
  checkAtMost(status, ['availableReplicas'], { limit: status.readyReplicas ?? 0, what: 'readyReplicas' }, errors)
  checkCollisionsKept(status, old.status ?? {}, errors)
}
