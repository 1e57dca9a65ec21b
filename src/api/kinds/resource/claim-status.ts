import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from '../../types/resource.v1.ts'
import { checkNodeSelector } from '../core/node-selector.ts'
import { checkCsiDriverName } from '../core/volumes/validate-sources.ts'
import { checkRequiredChoice, orderedChoices } from '../validation/choices.ts'
import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label } from '../validation/names.ts'
import { checkBindingConditions } from './binding-conditions.ts'
import { checkPoolName } from './device-names.ts'
import { checkReferences, MAX_ITEMS } from './device-requests.ts'
import { checkEach, checkSet } from './lists.ts'
import { checkOpaque, checkRawObject } from './opaque-parameters.ts'
import { checkRequestReference, requestNames } from './request-names.ts'
import { checkDeviceToleration } from './tolerations.ts'

type Claim = DeepReadonly<ResourceClaim>

const MAX_CONSUMERS = 256
const MAX_CONDITIONS = 8
const STATUS = FieldPath.of('status')
const RESERVED = STATUS.child('reservedFor')
const ALLOCATION = STATUS.child('allocation')
const sources = orderedChoices('FromClaim', 'FromClass')

/** What was allocated to a claim stays; consumers come and go, but none comes to a claim that is being deleted. */
export function checkClaimStatus(claim: Claim, old: Claim, errors: FieldErrors): void {
  const { allocation, devices } = claim.status ?? {}
  checkConsumers(claim, old, errors)
  const allocated = new Set(allocation?.devices?.results?.map(identity))
  checkSet(devices, undefined, identity, STATUS.child('devices'), errors, (device, at) => {
    checkDeviceStatus(device, allocated, at, errors)
  })
  if (!allocation) return
  if (!old.status?.allocation) return checkAllocation(allocation, requestNames(claim.spec.devices), errors)
  if (!semanticEqual(allocation, old.status.allocation)) errors.invalid(ALLOCATION, allocation, 'field is immutable')
}

interface Identity {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}

const identity = ({ driver, pool, device, shareID }: Identity): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')

function checkConsumers({ metadata, status }: Claim, old: Claim, errors: FieldErrors): void {
  const consumers = status?.reservedFor ?? []
  checkSet(
    consumers,
    MAX_CONSUMERS,
    ({ uid }) => uid,
    RESERVED,
    errors,
    (consumer, at) => {
      for (const field of ['resource', 'name', 'uid'] as const) if (!consumer[field]) errors.required(at.child(field))
    },
  )
  if (consumers.length === 0) return
  if (!status?.allocation) return errors.forbidden(RESERVED, 'may not be specified when `allocated` is not set')
  const before = old.status?.reservedFor ?? []
  const isNew = consumers.some((consumer) => !before.some((one) => semanticEqual(one, consumer)))
  if (!metadata.deletionTimestamp || !isNew) return
  const problem = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
  errors.forbidden(RESERVED, problem)
}

function checkAllocation(
  { devices, nodeSelector }: DeepReadonly<AllocationResult>,
  known: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const at = ALLOCATION.child('devices')
  checkEach(devices?.results, MAX_ITEMS, at.child('results'), errors, (result, where) => {
    checkResult(result, known, where, errors)
  })
  checkEach(devices?.config, 2 * MAX_ITEMS, at.child('config'), errors, (config, where) => {
    checkConfiguration(config, known, where, errors)
  })
  if (nodeSelector) checkNodeSelector(nodeSelector, ALLOCATION.child('nodeSelector'), errors)
}

function checkResult(
  result: DeepReadonly<DeviceRequestAllocationResult>,
  known: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkRequestReference(result.request ?? '', known, at.child('request'), errors)
  checkIdentity(result, at, errors)
  checkBindingConditions(result, at, errors)
  checkEach(result.tolerations, undefined, at.child('tolerations'), errors, (toleration, where) => {
    checkDeviceToleration(toleration, where, errors)
  })
}

function checkIdentity({ driver, pool, device }: DeepReadonly<Identity>, at: FieldPath, errors: FieldErrors): void {
  checkCsiDriverName(driver ?? '', at.child('driver'), errors)
  checkPoolName(pool, at.child('pool'), errors)
  checkDns1123Label(device ?? '', at.child('device'), errors)
}

function checkConfiguration(
  { source, requests, opaque }: DeepReadonly<DeviceAllocationConfiguration>,
  known: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkRequiredChoice(source, sources, at.child('source'), errors)
  checkReferences(requests, known, at.child('requests'), errors)
  checkOpaque(opaque, at.child('opaque'), errors)
}

function checkDeviceStatus(
  status: DeepReadonly<AllocatedDeviceStatus>,
  allocated: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkIdentity(status, at, errors)
  if (!allocated.has(identity(status))) {
    errors.invalid(at, identity(status), 'must be an allocated device in the claim')
  }
  const conditions = status.conditions?.length ?? 0
  if (conditions > MAX_CONDITIONS) errors.tooMany(at.child('conditions'), conditions, MAX_CONDITIONS)
  if (status.data !== undefined) checkRawObject(status.data, at.child('data'), errors)
}
