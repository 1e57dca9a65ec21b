import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import type { ReplicaSet } from '../../types/apps.v1.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { ageColumn, containerColumns, nameColumn, selectorText } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { checkReplicaTemplate } from './replica-template.ts'
import { checkAtMost, checkCounts } from './status-counts.ts'

/** apps/v1 ReplicaSet. Upstream: pkg/apis/apps, pkg/registry/apps/replicaset. */
export const replicaSets = defineResource<ReplicaSet>('apps/v1', 'replicasets', {
  default: ({ spec }) => {
    spec.replicas ??= 1
    defaultPodTemplate(spec.template)
  },
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: (set, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkStatus(set, errors)
      else {
        checkSpec(set.spec, errors) // upstream checks it twice, and both findings are causes
        checkImmutable(set.spec.selector, old.spec.selector, 'spec.selector', errors)
      }
    }),
  warnings: ({ spec }, old) =>
    spec.template ? podTemplateWarnings(spec.template, 'spec.template', old?.spec.template) : [],
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: ({ spec }) => labelSelectorMatcher(spec.selector).toString(),
  },
  columns: [
    nameColumn,
    { header: 'Desired', type: 'integer', cell: ({ spec }) => spec.replicas ?? 0 },
    { header: 'Current', type: 'integer', cell: ({ status }) => status?.replicas ?? 0 },
    { header: 'Ready', type: 'integer', cell: ({ status }) => status?.readyReplicas ?? 0 },
    ageColumn,
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template?.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => selectorText(spec.selector) },
  ],
})

function checkSpec(spec: DeepReadonly<ReplicaSet['spec']>, errors: FieldErrors): void {
  checkNotNegative(spec.replicas, 'spec.replicas', errors)
  checkNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors)
  checkReplicaTemplate(spec, errors)
}

const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
] as const
const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const

function checkStatus({ status }: DeepReadonly<ReplicaSet>, errors: FieldErrors): void {
  checkCounts(status, COUNTS, errors)
  checkAtMost(status, PARTS, { limit: status.replicas ?? 0, what: 'status.replicas' }, errors)
  checkAtMost(status, ['availableReplicas'], { limit: status.readyReplicas ?? 0, what: 'readyReplicas' }, errors)
}
