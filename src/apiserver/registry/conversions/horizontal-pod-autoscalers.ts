import type { HorizontalPodAutoscaler as Autoscaler1 } from '../../../api/types/autoscaling.v1.ts'
import type { HorizontalPodAutoscaler as Autoscaler2, MetricSpec } from '../../../api/types/autoscaling.v2.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { editable } from '../../../base/deep-readonly.ts'
import type { Conversion } from './conversion.ts'

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const BEHAVIOR = `${PREFIX}behavior`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`

/**
 * autoscaling/v1 knows one metric, the CPU's utilization; what v2 has beyond that travels as JSON in annotations of the
 * v1 view and goes back from there.
 */
export const horizontalPodAutoscalers: Conversion<Autoscaler1, Autoscaler2> = {
  toStored(served) {
    const { targetCPUUtilizationPercentage: percentage, ...spec } = editable<Autoscaler1>(served).spec
    const { currentCPUUtilizationPercentage: current, ...status } = editable<Autoscaler1>(served).status
    const metadata = editable<Autoscaler1>(served).metadata
    const extra = takeAnnotations(metadata)
    const metrics = [...(percentage === undefined ? [] : [cpuMetric(percentage)]), ...(extra[METRICS] as MetricSpec[])]
    const currentMetrics = [
      ...(current === undefined ? [] : [cpuStatus(current)]),
      ...(extra[CURRENT_METRICS] as never[]),
    ]
    return {
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v2',
      metadata,
      spec: { ...spec, metrics, ...(extra[BEHAVIOR] ? { behavior: extra[BEHAVIOR] } : {}) },
      status: { ...status, currentMetrics, conditions: extra[CONDITIONS] as never[] },
    }
  },

  toServed(stored) {
    const { metrics: given, behavior, ...spec } = editable<Autoscaler2>(stored).spec
    const { currentMetrics: measured, conditions, ...status } = editable<Autoscaler2>(stored).status
    const metrics = given ?? [] // written as null when there are none, as Go does
    const currentMetrics = measured ?? []
    const metadata = editable<Autoscaler2>(stored).metadata
    const target = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization
    const current = currentMetrics.find(isCpuStatus)?.resource?.current.averageUtilization
    putAnnotations(metadata, {
      [METRICS]: metrics.filter((metric) => !isCpuUtilization(metric)),
      [BEHAVIOR]: behavior,
      [CURRENT_METRICS]: currentMetrics.filter((metric) => !isCpuStatus(metric)),
      [CONDITIONS]: conditions ?? [],
    })
    return {
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v1',
      metadata,
      spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
      status: {
        ...status,
        currentReplicas: status.currentReplicas ?? 0,
        ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
      },
    }
  },
}

const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

const cpuStatus = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu' as const, current: { averageUtilization } },
})

const isCpuUtilization = ({ type, resource }: DeepReadonly<MetricSpec>): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined

const isCpuStatus = ({ type, resource }: { type: string; resource?: { name: string } }): boolean =>
  type === 'Resource' && resource?.name === 'cpu'

/** Removes the annotations of this conversion and gives their values; those that cannot be read count as absent. */
function takeAnnotations(metadata: { annotations?: Record<string, string> }): Record<string, unknown> {
  const taken: Record<string, unknown> = { [METRICS]: [], [CURRENT_METRICS]: [], [CONDITIONS]: [] }
  for (const [key, text] of Object.entries(metadata.annotations ?? {})) {
    if (!key.startsWith(PREFIX) || metadata.annotations === undefined) continue
    delete metadata.annotations[key]
    const value = parsed(text)
    if (value !== undefined) taken[key] = value
  }
  return taken
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined // a client wrote the annotation by hand: upstream drops what it cannot read, too
  }
}

function putAnnotations(metadata: { annotations?: Record<string, string> }, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    metadata.annotations = { ...metadata.annotations, [key]: JSON.stringify(value) }
  }
}
