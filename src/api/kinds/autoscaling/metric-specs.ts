import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { compareQuantities } from '../../quantity.ts'
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../types/autoscaling.v2.ts'
import { choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'

type Spec = DeepReadonly<MetricSpec>
type Target = DeepReadonly<MetricTarget>

const sourceTypes = choices('Object', 'Pods', 'Resource', 'ContainerResource', 'External')
const SOURCES = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
} as const

/** One metric: exactly the source that its type names, with a target. */
export function checkMetricSpec(spec: Spec, at: FieldPath, errors: FieldErrors): void {
  if (!spec.type) errors.required(at.child('type'), 'must specify a metric source type')
  if (!sourceTypes.has(spec.type)) errors.notSupported(at.child('type'), spec.type, sourceTypes.listed)
  const present = Object.values(SOURCES).filter((source) => spec[source])
  if (present[0]) checkSource(spec, present[0], at.child(present[0]), errors)
  const expected = SOURCES[spec.type as keyof typeof SOURCES]
  if (!expected) errors.notSupported(at.child('type'), spec.type, sourceTypes.listed)
  else if (!spec[expected]) {
    errors.required(at.child(expected), 'must populate information for the given metric source')
  }
  if (present.length === 1) return
  for (const source of present) {
    if (source !== expected) errors.forbidden(at.child(source), 'must populate the given metric source only')
  }
}

function checkSource(
  spec: Spec,
  source: (typeof SOURCES)[keyof typeof SOURCES],
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (source === 'object' && spec.object) checkObject(spec.object, at, errors)
  if (source === 'external' && spec.external) checkExternal(spec.external, at, errors)
  if (source === 'pods' && spec.pods) checkPods(spec.pods, at, errors)
  if (source === 'resource' && spec.resource) checkResource(spec.resource, at, errors)
  if (source === 'containerResource' && spec.containerResource) {
    if (!spec.containerResource.container) errors.required(at.child('container'), 'must specify a container')
    checkResource(spec.containerResource, at, errors)
  }
}

function checkObject(source: NonNullable<Spec['object']>, at: FieldPath, errors: FieldErrors): void {
  checkReference(source.describedObject, at.child('describedObject'), errors)
  checkIdentifier(source.metric, at.child('metric'), errors)
  checkTarget(source.target, at.child('target'), errors)
  if (source.target.value === undefined && source.target.averageValue === undefined) {
    errors.required(at.child('target.averageValue'), 'must set either a target value or averageValue')
  }
}

function checkExternal(source: NonNullable<Spec['external']>, at: FieldPath, errors: FieldErrors): void {
  checkIdentifier(source.metric, at.child('metric'), errors)
  checkTarget(source.target, at.child('target'), errors)
  const { value, averageValue } = source.target
  if (value === undefined && averageValue === undefined) {
    errors.required(at.child('target.averageValue'), 'must set either a target value for metric or a per-pod target')
  }
  if (value !== undefined && averageValue !== undefined) {
    errors.forbidden(at.child('target.value'), 'may not set both a target value for metric and a per-pod target')
  }
}

function checkPods(source: NonNullable<Spec['pods']>, at: FieldPath, errors: FieldErrors): void {
  checkIdentifier(source.metric, at.child('metric'), errors)
  checkTarget(source.target, at.child('target'), errors)
  const { averageValue } = source.target
  if (averageValue === undefined || !isPositive(averageValue)) {
    errors.required(at.child('target.averageValue'), 'must specify a positive target averageValue')
  }
}

function checkResource(source: NonNullable<Spec['resource']>, at: FieldPath, errors: FieldErrors): void {
  if (!source.name) errors.required(at.child('name'), 'must specify a resource name')
  checkTarget(source.target, at.child('target'), errors)
  const { averageUtilization, averageValue } = source.target
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization'
    errors.required(at.child('target.averageUtilization'), why)
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.forbidden(at.child('target.averageValue'), 'may not set both a target raw value and a target utilization')
  }
}

const isPositive = (quantity: string): boolean => compareQuantities(quantity, '0') > 0
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue']

function checkTarget(target: Target, at: FieldPath, errors: FieldErrors): void {
  if (!target.type) errors.required(at.child('type'), 'must specify a metric target type')
  if (!TARGET_TYPES.includes(target.type)) {
    errors.invalid(at.child('type'), target.type, 'must be either Utilization, Value, or AverageValue')
  }
  for (const field of ['value', 'averageValue'] as const) {
    const quantity = target[field]
    if (quantity !== undefined && !isPositive(quantity)) errors.invalid(at.child(field), quantity, 'must be positive')
  }
  if (target.averageUtilization !== undefined && target.averageUtilization < 1) {
    errors.invalid(at.child('averageUtilization'), target.averageUtilization, 'must be greater than 0')
  }
}

function checkIdentifier({ name }: DeepReadonly<MetricIdentifier>, at: FieldPath, errors: FieldErrors): void {
  checkSegment(name, 'must specify a metric name', at.child('name'), errors)
}

/** Kind and name of an object in the same namespace. */
export function checkReference(
  { kind, name }: DeepReadonly<CrossVersionObjectReference>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkSegment(kind, '', at.child('kind'), errors)
  checkSegment(name, '', at.child('name'), errors)
}

function checkSegment(value: string, missing: string, at: FieldPath, errors: FieldErrors): void {
  if (!value) errors.required(at, missing)
  else errors.invalidAll(at, value, pathSegmentErrors(value))
}
