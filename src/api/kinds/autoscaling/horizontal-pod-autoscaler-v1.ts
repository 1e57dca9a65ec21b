import { defineResource } from '../../resource.ts'
import type { HorizontalPodAutoscaler } from '../../types/autoscaling.v1.ts'
import { horizontalPodAutoscalerV1 as v1 } from './conversion.ts'
import { autoscalerColumns, validateAutoscaler, validateAutoscalerStatus } from './horizontal-pod-autoscaler.ts'

/** autoscaling/v1 HorizontalPodAutoscaler: a view of v2, and checked as such. Upstream: pkg/apis/autoscaling/v1. */
export const horizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscaler>(
  'autoscaling/v1',
  'horizontalpodautoscalers',
  {
    default: (autoscaler) => {
      autoscaler.spec.minReplicas ??= 1
      const metrics = v1.from(autoscaler).spec.metrics ?? []
      if (autoscaler.spec.targetCPUUtilizationPercentage !== undefined) return
      const cpu = metrics.find(({ resource }) => resource?.name === 'cpu')?.resource?.target.averageUtilization
      if (cpu !== undefined) autoscaler.spec.targetCPUUtilizationPercentage = cpu
    },
    validate: (autoscaler) => validateAutoscaler(v1.from(autoscaler)),
    validateUpdate: (autoscaler, { subresource }) =>
      subresource === 'status' ? validateAutoscalerStatus(v1.from(autoscaler)) : [],
    generation: false,
    columns: autoscalerColumns.map((column) => ({
      ...column,
      cell: (autoscaler, now) => column.cell(v1.from(autoscaler), now),
    })),
  },
)
