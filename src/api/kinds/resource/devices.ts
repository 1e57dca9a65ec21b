import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Device, DeviceAttribute, DeviceCounterConsumption } from '../../types/resource.v1.ts'
import { checkNodeSelector } from '../core/node-selector.ts'
import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkRequiredLabel } from '../validation/names.ts'
import { checkBindingConditions } from './binding-conditions.ts'
import { checkDeviceProperty } from './device-names.ts'
import { checkEach, checkMap, checkSet } from './lists.ts'
import { checkCapacity } from './request-policy.ts'
import { checkDeviceTaint } from './tolerations.ts'

type ReadonlyDevice = DeepReadonly<Device>

const MAX_PROPERTIES = 32
const MAX_TAINTS = 16
const MAX_CONSUMPTIONS = 2
export const MAX_COUNTERS = 32
const MAX_VALUE_BYTES = 64

export interface DeviceRules {
  /** The device as it was: what it had need not obey younger rules. */
  readonly old: ReadonlyDevice | undefined
  /** Each device says for itself which nodes can use it. */
  readonly choosesNodes: boolean
}

export function checkDevice(
  device: ReadonlyDevice,
  { old, choosesNodes }: DeviceRules,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkDns1123Label(device.name ?? '', at.child('name'), errors)
  const properties = Object.keys({ ...device.attributes }).length + Object.keys({ ...device.capacity }).length
  if (properties > MAX_PROPERTIES) {
    const problem = `the total number of attributes and capacities must not exceed ${MAX_PROPERTIES}`
    errors.invalid(at, properties, problem)
  }
  const key = (name: string, where: FieldPath) => checkDeviceProperty(name, where, errors)
  checkMap(device.attributes, undefined, at.child('attributes'), errors, {
    key,
    value: (attribute, where) => checkAttribute(attribute, where, errors),
  })
  if (!old || !semanticEqual(old.capacity, device.capacity)) {
    const isShared = device.allowMultipleAllocations === true
    const value = (capacity: NonNullable<ReadonlyDevice['capacity']>[string], where: FieldPath) =>
      checkCapacity(capacity, isShared, where, errors)
    checkMap(device.capacity, undefined, at.child('capacity'), errors, { key, value })
  }
  if (!old || !semanticEqual(old.taints, device.taints)) {
    checkEach(device.taints, MAX_TAINTS, at.child('taints'), errors, (taint, where) => {
      checkDeviceTaint(taint, where, errors)
    })
  }
  checkSet(device.consumesCounters, MAX_CONSUMPTIONS, bySet, at.child('consumesCounters'), errors, (one, where) => {
    checkConsumption(one, where, errors)
  })
  checkNodes(device, choosesNodes, at, errors)
  checkBindingConditions(device, at, errors)
}

const bySet = ({ counterSet }: DeepReadonly<DeviceCounterConsumption>): string => counterSet

const SEMANTIC_VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/

function checkAttribute(attribute: DeepReadonly<DeviceAttribute>, at: FieldPath, errors: FieldErrors): void {
  const texts = (value: string | undefined, list: readonly string[] | undefined, field: string) => [
    ...(value === undefined ? [] : [[value, at.child(field)] as const]),
    ...(list ?? []).map((text, index) => [text, at.child(`${field}s`).index(index)] as const),
  ]
  for (const [text, where] of texts(attribute.string, attribute.strings, 'string')) checkLength(text, where, errors)
  for (const [text, where] of texts(attribute.version, attribute.versions, 'version')) {
    if (!SEMANTIC_VERSION.test(text)) {
      errors.invalid(where, text, 'must be a string compatible with semver.org spec 2.0.0')
    }
    checkLength(text, where, errors)
  }
  const values = Object.values(attribute).filter((value) => value !== undefined)
  if (values.length === 1) return
  errors.invalid(at, values.length === 0 ? '' : attribute, 'exactly one value must be specified')
}

function checkLength(text: string, at: FieldPath, errors: FieldErrors): void {
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES) errors.tooLong(at, MAX_VALUE_BYTES)
}

function checkConsumption(
  { counterSet, counters }: DeepReadonly<DeviceCounterConsumption>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkRequiredLabel(counterSet, at.child('counterSet'), errors)
  checkCounters(counters, at.child('counters'), errors)
}

/** At least one counter, by name. */
export function checkCounters(
  counters: Readonly<Record<string, unknown>> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (Object.keys(counters ?? {}).length === 0) return errors.required(at)
  checkMap(counters, MAX_COUNTERS, at, errors, { key: (name, where) => checkDns1123Label(name, where, errors) })
}

const ONE_OF = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when'
const CHOSEN = '`perDeviceNodeSelection` is set to true in the ResourceSlice spec'

function checkNodes(device: ReadonlyDevice, choosesNodes: boolean, at: FieldPath, errors: FieldErrors): void {
  const { nodeName, nodeSelector, allNodes } = device
  if (!choosesNodes) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return
    return errors.invalid(at, null, `\`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if ${CHOSEN}`)
  }
  if (nodeName === '') errors.invalid(at.child('nodeName'), '', 'must not be empty')
  else if (nodeName !== undefined) checkDns1123Subdomain(nodeName, at.child('nodeName'), errors)
  if (nodeSelector) checkNodeSelector(nodeSelector, at.child('nodeSelector'), errors)
  if (allNodes === false) errors.invalid(at.child('allNodes'), false, 'must be either unset or set to true')
  const ways = (['nodeName', 'nodeSelector', 'allNodes'] as const).filter((way) => device[way])
  if (ways.length === 0) errors.required(at, `${ONE_OF} ${CHOSEN}`)
  if (ways.length > 1) errors.invalid(at, waysText(ways), `${ONE_OF} ${CHOSEN}`)
}

/** `{`nodeName`, `allNodes`}`. */
export const waysText = (ways: readonly string[]): string => `{${ways.map((way) => `\`${way}\``).join(', ')}}`
