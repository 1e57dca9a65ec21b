import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { FieldError } from '../../field-error.ts'
import { defineResource, type PrinterColumn } from '../../resource.ts'
import type { HorizontalPodAutoscaler } from '../../types/autoscaling.v2.ts'
import { checkCounts } from '../apps/status-counts.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { defaultBehavior } from './behavior.ts'
import { checkMetricSpec, checkReference } from './metric-specs.ts'
import { checkScalingRules } from './scaling-rules.ts'
import { targetsText } from './targets-text.ts'

/** Share of the CPU request that pods are kept at when nothing else is asked for. */
export const DEFAULT_CPU_UTILIZATION = 80

export const autoscalerColumns: readonly PrinterColumn<HorizontalPodAutoscaler>[] = [
  nameColumn,
  { header: 'Reference', cell: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}` },
  { header: 'Targets', cell: targetsText },
  { header: 'MinPods', cell: ({ spec }) => String(spec.minReplicas ?? '<unset>') },
  { header: 'MaxPods', cell: ({ spec }) => spec.maxReplicas },
  { header: 'Replicas', cell: ({ status }) => status?.currentReplicas ?? 0 },
  ageColumn,
]

/** autoscaling/v2 HorizontalPodAutoscaler, the version in which it is stored. Upstream: pkg/apis/autoscaling. */
export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>(
  'autoscaling/v2',
  'horizontalpodautoscalers',
  {
    default: ({ spec }) => {
      spec.minReplicas ??= 1
      if (!spec.metrics?.length) {
        const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION }
        spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
      }
      defaultBehavior(spec.behavior)
    },
    validate: validateAutoscaler,
    validateUpdate: (autoscaler, { subresource }) =>
      subresource === 'status' ? validateAutoscalerStatus(autoscaler) : [],
    generation: false,
    columns: autoscalerColumns,
  },
)

export function validateAutoscaler({ spec }: DeepReadonly<HorizontalPodAutoscaler>): FieldError[] {
  return collect((errors) => checkSpec(spec, errors))
}

export function validateAutoscalerStatus({ status }: DeepReadonly<HorizontalPodAutoscaler>): FieldError[] {
  return collect((errors) => checkCounts(status, ['currentReplicas', 'desiredReplicas'], errors))
}

const TARGET = FieldPath.of('spec.scaleTargetRef')
const METRICS = FieldPath.of('spec.metrics')
const BEHAVIOR = FieldPath.of('spec.behavior')

function checkSpec(spec: DeepReadonly<HorizontalPodAutoscaler['spec']>, errors: FieldErrors): void {
  const { minReplicas, maxReplicas } = spec
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
  }
  if (maxReplicas < 1) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  checkReference(spec.scaleTargetRef, TARGET, errors)
  spec.metrics?.forEach((metric, index) => {
    checkMetricSpec(metric, METRICS.index(index), errors)
  })
  if (spec.behavior?.scaleUp) checkScalingRules(spec.behavior.scaleUp, BEHAVIOR.child('scaleUp'), errors)
  if (spec.behavior?.scaleDown) checkScalingRules(spec.behavior.scaleDown, BEHAVIOR.child('scaleDown'), errors)
}
