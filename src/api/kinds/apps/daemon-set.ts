import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { DaemonSet, DaemonSetSpec } from '../../types/apps.v1.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { ageColumn, containerColumns, labelsText, nameColumn, selectorText } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkAtMostAll, checkNotNegative, checkNumberOrPercent } from '../validation/numbers.ts'
import {
  checkRunningTemplate,
  checkSharedDisks,
  isEmptySelector,
  refuseOtherLabels,
  templateMatch,
} from './pod-template.ts'
import { isZeroShare } from './share.ts'
import { checkCollisionsKept, checkCounts } from './status-counts.ts'

/** Where v1 keeps the field `templateGeneration` of older versions: counts changes of the template. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/** apps/v1 DaemonSet. Upstream: pkg/apis/apps, pkg/registry/apps/daemonset. */
export const daemonSets = defineResource<DaemonSet>('apps/v1', 'daemonsets', {
  default: setDefaults,
  prepareCreate: (set) => setTemplateGeneration(set, Math.max(1, templateGeneration(set))),
  prepareUpdate: (set, { old, subresource }) => {
    if (subresource !== '') return
    const changed = semanticEqual(set.spec.template, old.spec.template) ? 0 : 1
    setTemplateGeneration(set, templateGeneration(old) + changed)
  },
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: (set, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkStatus(set, old, errors)
      else {
        checkSpec(set.spec, errors) // upstream checks it twice, and both findings are causes
        checkImmutable(set.spec.selector, old.spec.selector, 'spec.selector', errors)
      }
    }),
  warnings: ({ spec }, old) => podTemplateWarnings(spec.template, 'spec.template', old?.spec.template),
  columns: [
    nameColumn,
    { header: 'Desired', type: 'integer', cell: ({ status }) => status?.desiredNumberScheduled ?? 0 },
    { header: 'Current', type: 'integer', cell: ({ status }) => status?.currentNumberScheduled ?? 0 },
    { header: 'Ready', type: 'integer', cell: ({ status }) => status?.numberReady ?? 0 },
    { header: 'Up-to-date', type: 'integer', cell: ({ status }) => status?.updatedNumberScheduled ?? 0 },
    { header: 'Available', type: 'integer', cell: ({ status }) => status?.numberAvailable ?? 0 },
    { header: 'Node Selector', cell: ({ spec }) => labelsText(spec.template.spec?.nodeSelector) },
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec.template.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => selectorText(spec.selector) },
  ],
})

function setDefaults({ spec }: DaemonSet): void {
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
}

const templateGeneration = ({ metadata }: DeepReadonly<DaemonSet>): number =>
  Number.parseInt(metadata.annotations?.[TEMPLATE_GENERATION] ?? '0', 10) || 0

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations ??= {}
  metadata.annotations[TEMPLATE_GENERATION] = String(generation)
}

const SELECTOR = FieldPath.of('spec.selector')
const TEMPLATE = FieldPath.of('spec.template')

function checkSpec(spec: DeepReadonly<DaemonSetSpec>, errors: FieldErrors): void {
  const { selector, template } = spec
  checkLabelSelector(selector, SELECTOR, errors)
  if (templateMatch(selector, template) === 'differs') refuseOtherLabels(template, TEMPLATE, errors)
  if (selector && isEmptySelector(selector)) {
    errors.invalid(SELECTOR, selector, 'empty selector is invalid for daemonset')
  }
  checkRunningTemplate(template, 'DaemonSet', TEMPLATE, errors)
  checkSharedDisks(template.spec?.volumes, TEMPLATE.child('spec.volumes'), errors)
  checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors)
  checkUpdateStrategy(spec.updateStrategy, errors)
  checkNotNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors)
}

const STRATEGIES = ['RollingUpdate', 'OnDelete']
const ROLLING = 'spec.updateStrategy.rollingUpdate'

function checkUpdateStrategy(strategy: DeepReadonly<DaemonSetSpec['updateStrategy']>, errors: FieldErrors): void {
  if (strategy?.type === 'OnDelete') return
  if (strategy?.type !== 'RollingUpdate') return errors.notSupported('spec.updateStrategy', strategy, STRATEGIES)
  if (!strategy.rollingUpdate) return errors.required(ROLLING)
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate
  checkNumberOrPercent(maxUnavailable, `${ROLLING}.maxUnavailable`, errors)
  checkNumberOrPercent(maxSurge, `${ROLLING}.maxSurge`, errors)
  checkAtMostAll(maxUnavailable, `${ROLLING}.maxUnavailable`, errors)
  checkAtMostAll(maxSurge, `${ROLLING}.maxSurge`, errors)
  if (!isZeroShare(maxUnavailable) && !isZeroShare(maxSurge)) {
    errors.invalid(`${ROLLING}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')
  }
  if (isZeroShare(maxUnavailable) && isZeroShare(maxSurge)) {
    errors.required(`${ROLLING}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
  }
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const

function checkStatus({ status }: DeepReadonly<DaemonSet>, old: DeepReadonly<DaemonSet>, errors: FieldErrors): void {
  checkCounts(status, COUNTS, errors)
  checkCollisionsKept(status, old.status ?? {}, errors)
}
