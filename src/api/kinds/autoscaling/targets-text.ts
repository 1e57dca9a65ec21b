import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../types/autoscaling.v2.ts'
import { shortened } from '../printing/columns.ts'

const UNKNOWN = '<unknown>'
const SHOWN = 2

type Spec = DeepReadonly<MetricSpec>
type Status = DeepReadonly<MetricStatus> | undefined
type Target = DeepReadonly<MetricTarget>
type Current = DeepReadonly<MetricValueStatus> | undefined

/** Current and wanted value of each metric: `cpu: 12%/80%, 5/10 (avg)`. */
export function targetsText({ spec, status }: DeepReadonly<HorizontalPodAutoscaler>): string {
  const metrics = spec.metrics ?? []
  if (metrics.length === 0) return '<none>'
  return shortened(
    metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index])),
    SHOWN,
    ', ',
  )
}

function metricText(spec: Spec, status: Status): string {
  switch (spec.type) {
    case 'External':
      return spec.external ? valueText(spec.external.target, status?.external?.current) : UNKNOWN
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue}`
    case 'Object':
      return spec.object ? valueText(spec.object.target, status?.object?.current) : UNKNOWN
    case 'Resource':
      return spec.resource ? shareText(spec.resource, status?.resource?.current) : UNKNOWN
    case 'ContainerResource':
      return spec.containerResource ? shareText(spec.containerResource, status?.containerResource?.current) : UNKNOWN
    default:
      return '<unknown type>'
  }
}

function valueText(target: Target, current: Current): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
  return `${current?.value ?? UNKNOWN}/${target.value}`
}

function shareText({ name, target }: { name: string; target: Target }, current: Current): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`
  return `${name}: ${now}/${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`
}
