import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { VolumeDevice, VolumeMount } from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkDescendingPath, isBackstepping } from '../../validation/paths.ts'
import { Seen } from '../../validation/seen.ts'
import type { SpecContext } from './context.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

type Mount = DeepReadonly<VolumeMount>

const propagationModes = choices('Bidirectional', 'HostToContainer', 'None')
const recursiveReadOnlyModes = choices('Disabled', 'IfPossible', 'Enabled')

/** Mounts and devices of a container: each volume is there, and no name or path is used twice. */
export function checkMountsAndDevices(container: ReadonlyContainer, at: FieldPath, context: SpecContext): void {
  if (container.volumeMounts) checkMounts(container.volumeMounts, container, at.child('volumeMounts'), context)
  if (container.volumeDevices) checkDevices(container.volumeDevices, container, at.child('volumeDevices'), context)
}

function checkMounts(
  mounts: readonly Mount[],
  container: ReadonlyContainer,
  at: FieldPath,
  context: SpecContext,
): void {
  const { errors, volumes } = context
  const paths = new Seen<string>()
  mounts.forEach((mount, index) => {
    const item = at.index(index)
    if (!mount.name) errors.required(item.child('name'))
    if (!volumes.has(mount.name)) errors.notFound(item.child('name'), mount.name)
    if (!mount.mountPath) errors.required(item.child('mountPath'))
    if (paths.has(mount.mountPath)) errors.invalid(item.child('mountPath'), mount.mountPath, 'must be unique')
    paths.add(mount.mountPath)
    if (container.volumeDevices) checkAgainstDevices(mount, container.volumeDevices, item, errors)
    checkSubPaths(mount, item, at, errors)
    if (mount.mountPropagation !== undefined) checkPropagation(mount, container, at.child('mountPropagation'), errors)
    if (mount.recursiveReadOnly !== undefined) checkRecursiveReadOnly(mount, at.child('recursiveReadOnly'), errors)
  })
}

function checkAgainstDevices(
  mount: Mount,
  devices: DeepReadonly<VolumeDevice[]>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (devices.some(({ name }) => name === mount.name)) {
    errors.invalid(at.child('name'), mount.name, 'must not already exist in volumeDevices')
  }
  if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
    errors.invalid(at.child('mountPath'), mount.mountPath, 'must not already exist as a path in volumeDevices')
  }
}

/** Upstream names the list, without an index, in the path of these errors. */
function checkSubPaths({ subPath, subPathExpr }: Mount, item: FieldPath, list: FieldPath, errors: FieldErrors): void {
  if (subPath) checkDescendingPath(subPath, list.child('subPath'), errors)
  if (!subPathExpr) return
  if (subPath) {
    errors.invalid(item.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive')
  }
  checkDescendingPath(subPathExpr, list.child('subPathExpr'), errors)
}

function checkPropagation(
  { mountPropagation }: Mount,
  { securityContext }: ReadonlyContainer,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkOptionalChoice(mountPropagation, propagationModes, at, errors)
  if (mountPropagation === 'Bidirectional' && !securityContext?.privileged) {
    errors.forbidden(at, 'Bidirectional mount propagation is available only to privileged containers')
  }
}

function checkRecursiveReadOnly(
  { recursiveReadOnly, readOnly, mountPropagation }: Mount,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return
  if (!recursiveReadOnlyModes.has(recursiveReadOnly)) {
    return errors.notSupported(at, recursiveReadOnly, recursiveReadOnlyModes.listed)
  }
  if (!readOnly) errors.forbidden(at, 'may only be specified when readOnly is true')
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.forbidden(at, 'may only be specified when mountPropagation is None or not specified')
  }
}

function checkDevices(
  devices: DeepReadonly<VolumeDevice[]>,
  { volumeMounts: mounts = [] }: ReadonlyContainer,
  at: FieldPath,
  context: SpecContext,
): void {
  const { errors } = context
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, { name, devicePath }] of devices.entries()) {
    const item = at.index(index)
    if (!name) errors.required(item.child('name'))
    if (names.has(name)) errors.invalid(item.child('name'), name, 'must be unique')
    checkDeviceVolume(name, item.child('name'), context)
    if (!devicePath) errors.required(item.child('devicePath'))
    if (paths.has(devicePath)) errors.invalid(item.child('devicePath'), devicePath, 'must be unique')
    if (isBackstepping(devicePath)) {
      errors.invalid(item.child('devicePath'), devicePath, "can not contain backsteps ('..')")
    } else paths.add(devicePath)
    if (mounts.some((mount) => mount.name === name)) {
      errors.invalid(item.child('name'), name, 'must not already exist in volumeMounts')
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      errors.invalid(item.child('devicePath'), devicePath, 'must not already exist as a path in volumeMounts')
    }
    if (name) names.add(name)
  }
}

/** Only claims can be raw devices. */
function checkDeviceVolume(name: string, at: FieldPath, { volumes, errors }: SpecContext): void {
  const volume = volumes.get(name)
  if (!volume) errors.notFound(at, name)
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    errors.invalid(at, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode')
  }
}
