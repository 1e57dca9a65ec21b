import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from '../../types/resource.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../validation/names.ts'
import { checkFullProperty } from './device-names.ts'
import { checkEach, checkSet, itself } from './lists.ts'
import { checkOpaque } from './opaque-parameters.ts'
import { checkRequestReference, requestNames } from './request-names.ts'
import { checkDeviceToleration } from './tolerations.ts'

type AnyRequest = ExactDeviceRequest | DeviceSubRequest

/** Of requests, of constraints, of configurations, and of the selectors of one request. */
export const MAX_ITEMS = 32
const MAX_ALTERNATIVES = 8
const MAX_EXPRESSION_BYTES = 10 * 1024

export function defaultDeviceClaim(devices: DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable } of devices?.requests ?? []) {
    if (exactly) defaultRequest(exactly)
    firstAvailable?.forEach(defaultRequest)
  }
}

export function defaultRequest(request: Pick<AnyRequest, 'allocationMode' | 'count' | 'tolerations'>): void {
  request.allocationMode ||= 'ExactCount'
  if (request.allocationMode === 'ExactCount') request.count ||= 1
  request.tolerations?.forEach(defaultToleration)
}

function defaultToleration(toleration: DeviceToleration): void {
  toleration.operator ??= 'Equal'
}

export function checkDeviceClaim(
  devices: DeepReadonly<DeviceClaim> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!devices) return
  const known = requestNames(devices)
  checkSet(
    devices.requests,
    MAX_ITEMS,
    ({ name }) => name,
    at.child('requests'),
    errors,
    (request, where) => {
      checkRequest(request, where, errors)
    },
  )
  checkEach(devices.constraints, MAX_ITEMS, at.child('constraints'), errors, (constraint, where) => {
    checkConstraint(constraint, known, where, errors)
  })
  checkEach(devices.config, MAX_ITEMS, at.child('config'), errors, (config, where) => {
    checkReferences(config.requests, known, where.child('requests'), errors)
    checkOpaque(config.opaque, where.child('opaque'), errors)
  })
}

/** The names of requests that something is about; each once. */
export function checkReferences(
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkSet(names, MAX_ITEMS, itself, at, errors, (name, where) => {
    checkRequestReference(name, known, where, errors)
  })
}

function checkRequest(
  { name, exactly, firstAvailable = [] }: DeepReadonly<DeviceRequest>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkDns1123Label(name ?? '', at.child('name'), errors)
  const problem = 'exactly one of `exactly` or `firstAvailable` is required'
  if (exactly && firstAvailable.length > 0) errors.invalid(at, null, `${problem}, but multiple fields are set`)
  else if (exactly) checkExact(exactly, at.child('exactly'), errors)
  else if (firstAvailable.length === 0) errors.required(at, problem)
  else {
    const list = at.child('firstAvailable')
    checkSet(
      firstAvailable,
      MAX_ALTERNATIVES,
      (one) => one.name,
      list,
      errors,
      (alternative, where) => {
        checkDns1123Label(alternative.name ?? '', where.child('name'), errors)
        checkExact(alternative, where, errors)
      },
    )
  }
}

function checkExact(request: DeepReadonly<AnyRequest>, at: FieldPath, errors: FieldErrors): void {
  if (!request.deviceClassName) errors.required(at.child('deviceClassName'))
  else checkDns1123Subdomain(request.deviceClassName, at.child('deviceClassName'), errors)
  checkSelectors(request.selectors, at.child('selectors'), errors)
  checkAllocation(request, at, errors)
  checkEach(request.tolerations, undefined, at.child('tolerations'), errors, (toleration, where) => {
    checkDeviceToleration(toleration, where, errors)
  })
}

/** Expressions are compiled where they run; here they are only measured. */
export function checkSelectors(
  selectors: readonly DeepReadonly<DeviceSelector>[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkEach(selectors, MAX_ITEMS, at, errors, ({ cel }, where) => {
    if (!cel) errors.required(where.child('cel'))
    else if (Buffer.byteLength(cel.expression ?? '') > MAX_EXPRESSION_BYTES) {
      errors.tooLong(where.child('cel.expression'), MAX_EXPRESSION_BYTES)
    }
  })
}

function checkAllocation(
  { allocationMode = '', count = 0 }: DeepReadonly<AnyRequest>,
  at: FieldPath,
  errors: FieldErrors,
) {
  if (allocationMode === 'All') {
    if (count !== 0) errors.invalid(at.child('count'), count, "must not be specified when allocationMode is 'All'")
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.invalid(at.child('count'), count, 'must be greater than zero')
  } else errors.notSupported(at.child('allocationMode'), allocationMode, ['All', 'ExactCount'])
}

/** Devices that have an attribute in common, or each another value of it. */
function checkConstraint(
  { requests, matchAttribute, distinctAttribute }: DeepReadonly<DeviceConstraint>,
  known: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkReferences(requests, known, at.child('requests'), errors)
  if (matchAttribute !== undefined) checkFullProperty(matchAttribute, at.child('matchAttribute'), errors)
  else if (distinctAttribute !== undefined) checkFullProperty(distinctAttribute, at.child('distinctAttribute'), errors)
  else {
    const problem = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    errors.required(at, problem)
  }
}
