import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule } from '../../resource.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import type { StatefulSet, StatefulSetSpec } from '../../types/apps.v1.ts'
import type { PersistentVolumeClaim } from '../../types/core.v1.ts'
import { defaultClaim } from '../core/persistent-volume-claim/defaults.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { ageColumn, containerColumns, nameColumn } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkDns1123Label } from '../validation/names.ts'
import { checkStatefulSetSpec } from './stateful-set-spec.ts'
import { checkAtMost, checkCollisionsKept, checkCounts } from './status-counts.ts'

/** apps/v1 StatefulSet. Upstream: pkg/apis/apps, pkg/registry/apps/statefulset. */
export const statefulSets = defineResource<StatefulSet>('apps/v1', 'statefulsets', {
  nameRule: NameRule.Dns1123Label,
  default: setDefaults,
  validate: ({ spec }, old) =>
    collect((errors) => {
      checkStatefulSetSpec(spec, errors)
      // Sets older than this rule keep the name they have.
      if (!old && spec.serviceName) checkDns1123Label(spec.serviceName, 'spec.serviceName', errors)
    }),
  validateUpdate: (set, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkStatus(set, old, errors)
      else checkSpecUpdate(set.spec, old.spec, errors)
    }),
  warnings: ({ spec }, old) => [
    ...podTemplateWarnings(spec.template, 'spec.template', old?.spec.template),
    ...(spec.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
  scale: {
    specReplicas: 'spec.replicas',
    statusReplicas: 'status.replicas',
    selector: ({ spec }) => labelSelectorMatcher(spec.selector).toString(),
  },
  columns: [
    nameColumn,
    { header: 'Ready', cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}` },
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template.spec),
  ],
})

function setDefaults({ spec }: StatefulSet): void {
  spec.podManagementPolicy ||= 'OrderedReady'
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.partition ??= 0
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  const retention = spec.persistentVolumeClaimRetentionPolicy
  retention.whenDeleted ||= 'Retain'
  retention.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
  spec.volumeClaimTemplates = spec.volumeClaimTemplates?.map(defaultedClaim)
  if (!spec.volumeClaimTemplates) delete spec.volumeClaimTemplates
}

/** Claim templates are written with their kind, first, as upstream's conversion does. */
function defaultedClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  defaultClaim(claim)
  return { ...claim, kind: 'PersistentVolumeClaim', apiVersion: 'v1' }
}

/** The fields that may change; all others keep pods' identity and storage. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
])
const FORBIDDEN_UPDATE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

function checkSpecUpdate(
  spec: DeepReadonly<StatefulSetSpec>,
  old: DeepReadonly<StatefulSetSpec>,
  errors: FieldErrors,
): void {
  if (!semanticEqual(fixedPart(spec), fixedPart(old))) errors.forbidden('spec', FORBIDDEN_UPDATE)
}

const fixedPart = (spec: DeepReadonly<StatefulSetSpec>): object =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !CHANGEABLE.has(field)))

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const
const PARTS = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const

function checkStatus({ status }: DeepReadonly<StatefulSet>, old: DeepReadonly<StatefulSet>, errors: FieldErrors): void {
  checkCounts(status, COUNTS, errors)
  checkAtMost(status, PARTS, { limit: status.replicas, what: 'status.replicas' }, errors)
  checkAtMost(status, ['availableReplicas'], { limit: status.readyReplicas ?? 0, what: 'status.readyReplicas' }, errors)
  checkCollisionsKept(status, old.status ?? {}, errors)
}
