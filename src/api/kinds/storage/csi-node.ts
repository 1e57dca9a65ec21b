import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { CSINode, CSINodeDriver } from '../../types/storage.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkQualifiedName } from '../validation/names.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { checkDriverName } from './driver-name.ts'

type Driver = DeepReadonly<CSINodeDriver>

const DRIVERS = FieldPath.of('spec.drivers')
const MAX_NODE_ID = 256

/** storage.k8s.io/v1 CSINode: the drivers that run on a node. Upstream: pkg/registry/storage/csinode. */
export const csiNodes = defineResource<CSINode>('storage.k8s.io/v1', 'csinodes', {
  validate: ({ spec }) => collect((errors) => checkDrivers(spec.drivers ?? [], errors)),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => {
      for (const driver of spec.drivers ?? []) checkSameDriver(driver, old.spec.drivers ?? [], errors)
    }),
  generation: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    { header: 'Drivers', type: 'integer', cell: ({ spec }) => spec.drivers?.length ?? 0 },
    ageColumn,
  ],
})

function checkDrivers(drivers: readonly Driver[], errors: FieldErrors): void {
  const names = new Set<string>()
  drivers.forEach((driver, index) => {
    const at = DRIVERS.index(index)
    checkDriver(driver, at, errors)
    if (names.has(driver.name)) errors.duplicate(at.child('name'), driver.name)
    names.add(driver.name)
  })
}

function checkDriver(driver: Driver, at: FieldPath, errors: FieldErrors): void {
  checkDriverName(driver.name, at.child('name'), errors)
  checkNodeId(driver.nodeID, at.child('nodeID'), errors)
  checkNotNegative(driver.allocatable?.count, at.child('allocatable.count'), errors)
  const keys = new Set<string>()
  for (const key of driver.topologyKeys ?? []) {
    if (key === '') errors.required(at, key)
    if (keys.has(key)) errors.duplicate(at, key)
    keys.add(key)
    checkQualifiedName(key, at, errors)
  }
}

function checkNodeId(id: string, at: FieldPath, errors: FieldErrors): void {
  if (id === '') errors.required(at)
  if (id.length > MAX_NODE_ID) errors.invalid(at, id, `must be ${MAX_NODE_ID} characters or less`)
}

/** A driver may come and go, and count anew what it can attach, but nothing else of it changes. */
function checkSameDriver(driver: Driver, old: readonly Driver[], errors: FieldErrors): void {
  const before = old.find(({ name }) => name === driver.name)
  if (!before || semanticEqual({ ...driver, allocatable: undefined }, { ...before, allocatable: undefined })) return
  errors.invalid(DRIVERS, driver, 'field is immutable')
}
