import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { MetricSpec, MetricStatus } from '../../types/autoscaling.v2.ts'

type Json = Record<string, unknown>

/** Drops what is not set, as annotations leave it out. */
const compact = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined))

/** A metric as autoscaling/v1 keeps it in an annotation: flat, with older names. */
export function metricToV1({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: DeepReadonly<MetricSpec>): Json {
  return compact({
    type,
    object:
      object &&
      compact({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      compact({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource:
      resource &&
      compact({
        name: resource.name,
        targetAverageUtilization: resource.target.averageUtilization,
        targetAverageValue: resource.target.averageValue,
      }),
    containerResource:
      containerResource &&
      compact({
        name: containerResource.name,
        targetAverageUtilization: containerResource.target.averageUtilization,
        targetAverageValue: containerResource.target.averageValue,
        container: containerResource.container,
      }),
    external:
      external &&
      compact({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  })
}

/** A metric's current value as autoscaling/v1 keeps it in an annotation. */
export function statusToV1({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: DeepReadonly<MetricStatus>): Json {
  return compact({
    type,
    object:
      object &&
      compact({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      compact({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource:
      resource &&
      compact({
        name: resource.name,
        currentAverageUtilization: resource.current.averageUtilization,
        currentAverageValue: resource.current.averageValue ?? '0',
      }),
    containerResource:
      containerResource &&
      compact({
        name: containerResource.name,
        currentAverageUtilization: containerResource.current.averageUtilization,
        currentAverageValue: containerResource.current.averageValue ?? '0',
        container: containerResource.container,
      }),
    external:
      external &&
      compact({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  })
}

/** The reverse of `metricToV1`. A target value of zero beside an average means that there is none. */
export function metricFromV1(metric: DeepReadonly<Json>): MetricSpec {
  return convert(metric, 'target', targetOf) as unknown as MetricSpec
}

/** The reverse of `statusToV1`. */
export function statusFromV1(status: DeepReadonly<Json>): MetricStatus {
  return convert(status, 'current', currentOf) as unknown as MetricStatus
}

function convert(metric: DeepReadonly<Json>, field: string, measure: (source: Json) => Json): Json {
  const result: Json = { type: metric.type }
  for (const name of ['object', 'pods', 'resource', 'containerResource', 'external']) {
    const source = metric[name] as Json | undefined
    if (source) result[name] = { ...identityOf(source, name), [field]: measure(source) }
  }
  return result
}

function identityOf(source: Json, kind: string): Json {
  if (kind === 'resource' || kind === 'containerResource') {
    return compact({ name: source.name, container: source.container })
  }
  const metric = compact({ name: source.metricName, selector: source.selector ?? source.metricSelector })
  return compact({ describedObject: source.target, metric })
}

function targetOf(source: Json): Json {
  const averageValue = source.targetAverageValue ?? source.averageValue
  const value = averageValue !== undefined && source.targetValue === '0' ? undefined : source.targetValue
  const averageUtilization = source.targetAverageUtilization
  const type = averageUtilization !== undefined ? 'Utilization' : averageValue !== undefined ? 'AverageValue' : 'Value'
  return compact({ type, value, averageValue, averageUtilization })
}

function currentOf(source: Json): Json {
  return compact({
    value: source.currentValue,
    averageValue: source.currentAverageValue ?? source.averageValue,
    averageUtilization: source.currentAverageUtilization,
  })
}
