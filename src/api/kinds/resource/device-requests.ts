import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  DeviceClaim,
  DeviceRequest,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from '../../types/resource.v1.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain, checkRequiredLabel } from '../validation/names.ts'

type AnyRequest = ExactDeviceRequest | DeviceSubRequest

const MAX_REQUESTS = 32
const MAX_ALTERNATIVES = 8
const allocationModes = choices('All', 'ExactCount')

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

/** What a claim asks for (KEP-4381): named requests, each exactly one way or the first of several that can be had. */
export function checkDeviceClaim(
  devices: DeepReadonly<DeviceClaim> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const requests = devices?.requests ?? []
  const where = at.child('requests')
  if (requests.length > MAX_REQUESTS) errors.tooMany(where, requests.length, MAX_REQUESTS)
  const names = new Set<string>()
  requests.forEach((request, index) => {
    checkRequest(request, where.index(index), errors)
    if (names.has(request.name)) errors.duplicate(where.index(index).child('name'), request.name)
    names.add(request.name)
  })
}

function checkRequest(
  { name, exactly, firstAvailable = [] }: DeepReadonly<DeviceRequest>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkRequiredLabel(name, at.child('name'), errors)
  if (exactly && firstAvailable.length > 0) {
    errors.invalid(at, name, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set')
  } else if (!exactly && firstAvailable.length === 0) {
    errors.required(at, 'exactly one of `exactly` or `firstAvailable` is required')
  }
  if (exactly) checkExact(exactly, at.child('exactly'), errors)
  if (firstAvailable.length > MAX_ALTERNATIVES) {
    errors.tooMany(at.child('firstAvailable'), firstAvailable.length, MAX_ALTERNATIVES)
  }
  firstAvailable.forEach((alternative, index) => {
    const where = at.child('firstAvailable').index(index)
    checkRequiredLabel(alternative.name, where.child('name'), errors)
    checkExact(alternative, where, errors)
  })
}

function checkExact(request: DeepReadonly<AnyRequest>, at: FieldPath, errors: FieldErrors): void {
  const { deviceClassName, allocationMode, count } = request
  if (!deviceClassName) errors.required(at.child('deviceClassName'))
  else checkDns1123Subdomain(deviceClassName, at.child('deviceClassName'), errors)
  checkOptionalChoice(allocationMode, allocationModes, at.child('allocationMode'), errors)
  if (allocationMode === 'All' && count) {
    errors.invalid(at.child('count'), count, "must not be specified when allocationMode is 'All'")
  }
  if (allocationMode === 'ExactCount' && (count ?? 0) <= 0) {
    errors.invalid(at.child('count'), count ?? 0, 'must be greater than zero')
  }
}
