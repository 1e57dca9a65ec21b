import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ResourceSlice } from '../../types/resource.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkDns1123Subdomain, checkRequiredLabel } from '../validation/names.ts'

const MAX_DEVICES = 128
const DEVICES = FieldPath.of('spec.devices')

/** resource.k8s.io/v1 ResourceSlice: the devices a driver offers (KEP-4381). Upstream: pkg/registry/resource/resourceslice. */
export const resourceSlices = defineResource<ResourceSlice>('resource.k8s.io/v1', 'resourceslices', {
  validate: ({ spec }) => collect((errors) => checkSlice(spec, errors)),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => {
      checkImmutable(spec.driver, old.spec.driver, 'spec.driver', errors)
      checkImmutable(spec.pool.name, old.spec.pool.name, 'spec.pool.name', errors)
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

function checkSlice(spec: DeepReadonly<ResourceSlice['spec']>, errors: FieldErrors): void {
  if (!spec.driver) errors.required('spec.driver')
  else checkDns1123Subdomain(spec.driver, 'spec.driver', errors)
  checkPool(spec.pool, errors)
  checkPlacement(spec, errors)
  const devices = spec.devices ?? []
  if (devices.length > MAX_DEVICES) errors.tooMany(DEVICES, devices.length, MAX_DEVICES)
  const names = new Set<string>()
  devices.forEach(({ name }, index) => {
    checkRequiredLabel(name, DEVICES.index(index).child('name'), errors)
    if (names.has(name)) errors.duplicate(DEVICES.index(index).child('name'), name)
    names.add(name)
  })
}

function checkPool(pool: DeepReadonly<ResourceSlice['spec']['pool']>, errors: FieldErrors): void {
  if (!pool.name) errors.required('spec.pool.name')
  for (const part of pool.name ? pool.name.split('/') : []) checkDns1123Subdomain(part, 'spec.pool.name', errors)
  if (pool.resourceSliceCount <= 0) {
    errors.invalid('spec.pool.resourceSliceCount', pool.resourceSliceCount, 'must be greater than zero')
  }
  if (pool.generation < 0) {
    errors.invalid('spec.pool.generation', pool.generation, 'must be greater than or equal to zero')
  }
}

/** Which nodes can use the devices is said in exactly one way. */
function checkPlacement(spec: DeepReadonly<ResourceSlice['spec']>, errors: FieldErrors): void {
  const ways = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const
  const set = ways.filter((way) => spec[way])
  const list = ways
    .map((way) => `\`${way}\``)
    .join(', ')
    .replace(/, ([^,]*)$/, ', or $1')
  if (set.length === 0) errors.required('spec', `exactly one of ${list} is required`)
  if (set.length > 1) {
    errors.invalid(
      'spec',
      `{${set.map((way) => `\`${way}\``).join(', ')}}`,
      `exactly one of ${list} is required, but multiple fields are set`,
    )
  }
}
