import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { CounterSet, ResourceSlice } from '../../types/resource.v1.ts'
import { checkNodeSelector } from '../core/node-selector.ts'
import { checkCsiDriverName } from '../core/volumes/validate-sources.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkDns1123Subdomain, checkRequiredLabel } from '../validation/names.ts'
import { checkPoolName } from './device-names.ts'
import { checkCounters, checkDevice, waysText } from './devices.ts'
import { checkSet } from './lists.ts'

type Slice = DeepReadonly<ResourceSlice>
type Spec = Slice['spec']

const MAX_DEVICES = 128
/** Of devices that have taints or consume counters, which make them large. */
const MAX_LARGE_DEVICES = 64
const MAX_COUNTER_SETS = 8
const SPEC = FieldPath.of('spec')

/** resource.k8s.io/v1 ResourceSlice: the devices a driver offers (KEP-4381). Upstream: pkg/registry/resource/resourceslice. */
export const resourceSlices = defineResource<ResourceSlice>('resource.k8s.io/v1', 'resourceslices', {
  validate: ({ spec }, old) => collect((errors) => checkSlice(spec, old?.spec, errors)),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => {
      checkImmutable(spec.pool.name, old.spec.pool.name, 'spec.pool.name', errors)
      checkImmutable(spec.driver, old.spec.driver, 'spec.driver', errors)
      checkImmutable(spec.nodeName, old.spec.nodeName, 'spec.nodeName', errors)
    }),
  selectsNoNamespace: true,
  selectorRefusal: (field) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
  columns: [
    nameColumn,
    { header: 'Node', cell: ({ spec }) => spec.nodeName ?? '<unset>' },
    { header: 'Driver', cell: ({ spec }) => spec.driver },
    { header: 'Pool', cell: ({ spec }) => spec.pool.name },
    ageColumn,
  ],
})

function checkSlice(spec: Spec, old: Spec | undefined, errors: FieldErrors): void {
  checkCsiDriverName(spec.driver ?? '', SPEC.child('driver'), errors)
  checkPool(spec.pool, errors)
  checkPlacement(spec, errors)
  if (spec.sharedCounters && spec.devices) {
    errors.invalid(SPEC, '', 'only one of `sharedCounters` or `devices` is allowed')
  }
  const byName = new Map(old?.devices?.map((device) => [device.name, device]))
  const choosesNodes = spec.perDeviceNodeSelection === true
  checkSet(
    spec.devices,
    maxDevices(spec),
    ({ name }) => name,
    SPEC.child('devices'),
    errors,
    (device, at) => {
      checkDevice(device, { old: byName.get(device.name), choosesNodes }, at, errors)
    },
  )
  const at = SPEC.child('sharedCounters')
  checkSet(
    spec.sharedCounters,
    MAX_COUNTER_SETS,
    ({ name }) => name,
    at,
    errors,
    (set, where) => {
      checkCounterSet(set, where, errors)
    },
  )
}

const maxDevices = ({ devices = [] }: Spec): number =>
  devices.some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length)
    ? MAX_LARGE_DEVICES
    : MAX_DEVICES

function checkPool({ name, resourceSliceCount, generation }: Spec['pool'], errors: FieldErrors): void {
  const at = SPEC.child('pool')
  checkPoolName(name, at.child('name'), errors)
  if (resourceSliceCount <= 0) {
    errors.invalid(at.child('resourceSliceCount'), resourceSliceCount, 'must be greater than zero')
  }
  if (generation < 0) errors.invalid(at.child('generation'), generation, 'must be greater than or equal to zero')
}

const UNSET_OR = 'must be either unset or set to'
const ONE_OF = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'

/** Which nodes can use the devices is said in exactly one way. */
function checkPlacement(spec: Spec, errors: FieldErrors): void {
  const { nodeName, nodeSelector } = spec
  if (nodeName === '') errors.invalid(SPEC.child('nodeName'), '', `${UNSET_OR} a non-empty string`)
  else if (nodeName !== undefined) checkDns1123Subdomain(nodeName, SPEC.child('nodeName'), errors)
  if (nodeSelector) checkSelector(nodeSelector, SPEC.child('nodeSelector'), errors)
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[field] === false) errors.invalid(SPEC.child(field), false, `${UNSET_OR} true`)
  }
  const ways = (['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const).filter((way) => spec[way])
  if (ways.length === 0) errors.required(SPEC, ONE_OF)
  if (ways.length > 1) errors.invalid(SPEC, waysText(ways), `${ONE_OF}, but multiple fields are set`)
}

function checkSelector(selector: NonNullable<Spec['nodeSelector']>, at: FieldPath, errors: FieldErrors): void {
  checkNodeSelector(selector, at, errors)
  const terms = selector.nodeSelectorTerms
  if (terms?.length === 1) return
  errors.invalid(at.child('nodeSelectorTerms'), terms ?? null, 'must have exactly one node selector term')
}

function checkCounterSet({ name, counters }: DeepReadonly<CounterSet>, at: FieldPath, errors: FieldErrors): void {
  checkRequiredLabel(name, at.child('name'), errors)
  checkCounters(counters, at.child('counters'), errors)
}
