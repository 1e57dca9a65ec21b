import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { HorizontalPodAutoscaler as V1 } from '../../types/autoscaling.v1.ts'
import type { HorizontalPodAutoscalerBehavior, HorizontalPodAutoscaler as V2 } from '../../types/autoscaling.v2.ts'
import { DEFAULT_CPU_UTILIZATION } from './horizontal-pod-autoscaler.ts'
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './v1-metrics.ts'

/** Where autoscaling/v1 keeps what it has no fields for. */
const Annotation = {
  Metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  CurrentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  Conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  Behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const

type Json = Record<string, unknown>
type Metric = NonNullable<V2['spec']['metrics']>[number]
type CurrentMetric = NonNullable<V2['status']['currentMetrics']>[number]

/** autoscaling/v1 HorizontalPodAutoscaler to and from v2, in which it is stored. Inputs stay as they are. */
export const horizontalPodAutoscalerV1 = { from, to }

function from(v1: DeepReadonly<V1>): V2 {
  const { targetCPUUtilizationPercentage: cpu, ...spec } = v1.spec
  const { currentCPUUtilizationPercentage: currentCpu, ...status } = v1.status ?? {}
  const annotations = v1.metadata.annotations ?? {}
  const others = parsedList(annotations[Annotation.Metrics])?.map(metricFromV1) ?? []
  const metrics = cpu === undefined ? others : [...others, cpuMetric(cpu)]
  const current = parsedList(annotations[Annotation.CurrentMetrics])?.map(statusFromV1)
  const behavior = parsed(annotations[Annotation.Behavior])
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(v1.metadata, {}) as V2['metadata'],
    spec: {
      ...spec,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(DEFAULT_CPU_UTILIZATION)],
      ...(behavior && { behavior: recased(behavior, lowered) as HorizontalPodAutoscalerBehavior }),
    },
    status: {
      ...(status as V2['status']),
      ...currentMetricsOf(current, currentCpu),
      ...conditionsOf(annotations[Annotation.Conditions]),
    },
  }
}

function to(v2: DeepReadonly<V2>): V1 {
  const { metrics: wanted, behavior, ...spec } = v2.spec
  const { currentMetrics: measured, conditions, ...status } = v2.status ?? { desiredReplicas: 0 }
  const [metrics, currentMetrics] = [wanted ?? [], measured ?? []] // null where there are none, as Go writes them
  const cpu = metrics.find(isCpuShare)?.resource?.target.averageUtilization
  const currentCpu = currentMetrics.find(isCurrentCpuShare)?.resource?.current.averageUtilization
  const others = metrics.filter((metric) => !isCpuShare(metric)).map(metricToV1)
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(v2.metadata, {
      ...(others.length > 0 && { [Annotation.Metrics]: JSON.stringify(others) }),
      ...(currentMetrics.length > 0 && { [Annotation.CurrentMetrics]: JSON.stringify(currentMetrics.map(statusToV1)) }),
      ...(conditions?.length && { [Annotation.Conditions]: JSON.stringify(conditions) }),
      ...(behavior && { [Annotation.Behavior]: JSON.stringify(internalBehavior(behavior)) }),
    }) as V1['metadata'],
    spec: { ...spec, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(currentCpu !== undefined && { currentCPUUtilizationPercentage: currentCpu }),
    },
  }
}

const cpuMetric = (averageUtilization: number): Metric => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

const isCpuShare = ({ type, resource }: DeepReadonly<Metric>): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined

const isCurrentCpuShare = ({ type, resource }: DeepReadonly<CurrentMetric>): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined

function currentMetricsOf(kept: CurrentMetric[] | undefined, cpu: number | undefined): Partial<V2['status']> {
  if (kept) return { currentMetrics: kept }
  if (cpu === undefined) return {}
  return { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }] }
}

function conditionsOf(text: string | undefined): Partial<V2['status']> {
  const conditions = parsedList(text)
  return conditions ? { conditions: conditions as unknown as V2['status']['conditions'] } : {}
}

/** The metadata with its own annotations, those for round trips replaced by `kept`. */
function withAnnotations<M extends DeepReadonly<V1['metadata']>>(metadata: M, kept: Record<string, string>): M {
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => !roundTrip.has(key))
  const annotations = { ...Object.fromEntries(own), ...kept }
  const { annotations: _, ...rest } = metadata
  return (Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest) as M
}

const roundTrip: ReadonlySet<string> = new Set(Object.values(Annotation))

/** Upstream writes the behavior in its internal form: capitalised names, null for what is not set. */
function internalBehavior({ scaleUp, scaleDown }: DeepReadonly<HorizontalPodAutoscalerBehavior>): Json {
  return { ScaleUp: internalRules(scaleUp), ScaleDown: internalRules(scaleDown) }
}

function internalRules(rules: DeepReadonly<HorizontalPodAutoscalerBehavior>['scaleUp']): Json | null {
  if (!rules) return null
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies:
      rules.policies?.map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: rules.tolerance ?? null,
  }
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

function recased(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => recased(item, rename))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(entries.map(([name, part]) => [rename(name), recased(part, rename)]))
}

/** An annotation that somebody broke counts as not there. */
function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function parsedList(text: string | undefined): Json[] | undefined {
  const value: unknown = parsed(text)
  return Array.isArray(value) ? (value as Json[]) : undefined
}
