import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
} from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { dns1123SubdomainErrors } from '../../validation/name-rules.ts'
import { checkDns1123Label } from '../../validation/names.ts'
import { checkRange, inRange } from '../../validation/numbers.ts'
import { checkNoBacksteps } from '../../validation/paths.ts'

/** Rules on volume sources that pods and persistent volumes share. */

/** Required text fields of a source. */
export function checkRequiredFields(
  source: object,
  fields: readonly string[],
  at: FieldPath,
  errors: FieldErrors,
): void {
  const values = source as Readonly<Record<string, unknown>>
  for (const field of fields) if (isUnset(values[field])) errors.required(at.child(field))
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

const hostPathTypes = choices(
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
)

export function checkHostPath(source: DeepReadonly<HostPathVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  if (!source.path) return errors.required(at.child('path'))
  checkNoBacksteps(source.path, at.child('path'), errors)
  checkOptionalChoice(source.type, hostPathTypes, at.child('type'), errors)
}

export function checkNfs(source: DeepReadonly<NFSVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  checkRequiredFields(source, ['server', 'path'], at, errors)
  if (!source.path?.startsWith('/')) errors.invalid(at.child('path'), source.path ?? '', 'must be an absolute path')
}

/** Disks with partitions: 0 for the whole disk. */
export function checkPartition(partition: number | undefined, at: FieldPath, errors: FieldErrors): void {
  if (partition !== undefined && (partition < 0 || partition > 255)) {
    errors.invalid(at.child('partition'), partition, inRange(1, 255))
  }
}

export function checkFibreChannel(source: DeepReadonly<FCVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  const { targetWWNs = [], wwids = [], lun } = source
  const field = at.child('targetWWNs')
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.required(field, 'must specify either targetWWNs or wwids, but not both')
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.invalid(field, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')
  }
  if (targetWWNs.length === 0) return
  if (lun === undefined) errors.required(at.child('lun'), 'lun is required if targetWWNs is specified')
  else checkRange(lun, 0, 255, at.child('lun'), errors)
}

const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*):[^:]*$/

export function checkQuobyte(source: DeepReadonly<QuobyteVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  const problem = 'must be a host:port pair or multiple pairs separated by commas'
  if (!source.registry) errors.required(at.child('registry'), problem)
  else if ((source.tenant ?? '').length >= 65) {
    errors.required(at.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters')
  } else {
    for (const pair of source.registry.split(',')) {
      if (!HOST_AND_PORT.test(pair)) errors.invalid(at.child('registry'), source.registry, problem)
    }
  }
  checkRequiredFields(source, ['volume'], at, errors)
}

export function checkFlocker(source: DeepReadonly<FlockerVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  const { datasetName, datasetUUID } = source
  if (!datasetName && !datasetUUID) errors.required(at, 'one of datasetName and datasetUUID is required')
  if (datasetName && datasetUUID) {
    errors.invalid(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
  }
  if (datasetName?.includes('/')) errors.invalid(at.child('datasetName'), datasetName, "must not contain '/'")
}

export function checkFlex(
  source: DeepReadonly<Pick<FlexVolumeSource, 'driver' | 'options'>>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkRequiredFields(source, ['driver'], at, errors)
  for (const option in source.options) {
    const domain = `.${(option.split('/')[0] as string).toLowerCase()}`
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      const problem = 'kubernetes.io and k8s.io namespaces are reserved'
      errors.invalid(at.child('options').key(option), option, problem)
    }
  }
}

const cachingModes = choices('None', 'ReadOnly', 'ReadWrite')
const diskKinds = choices('Shared', 'Dedicated', 'Managed')
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function checkAzureDisk(source: DeepReadonly<AzureDiskVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  const { diskURI, kind } = source
  checkRequiredFields(source, ['diskName', 'diskURI'], at, errors)
  checkOptionalChoice(source.cachingMode, cachingModes, at.child('cachingMode'), errors)
  checkOptionalChoice(kind, diskKinds, at.child('kind'), errors)
  if (kind === undefined) return
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) {
    errors.notSupported(at.child('diskURI'), diskURI, [MANAGED_URI])
  }
  if (kind !== 'Managed' && !diskURI.startsWith('https://')) {
    errors.notSupported(at.child('diskURI'), diskURI, [BLOB_URI])
  }
}

type StorageOs = Pick<StorageOSVolumeSource, 'volumeName' | 'volumeNamespace'>

export function checkStorageOs(source: DeepReadonly<StorageOs>, at: FieldPath, errors: FieldErrors): void {
  const { volumeName, volumeNamespace } = source
  if (volumeName) checkDns1123Label(volumeName, at.child('volumeName'), errors)
  else errors.required(at.child('volumeName'))
  if (volumeNamespace) checkDns1123Label(volumeNamespace, at.child('volumeNamespace'), errors)
}

const MAX_DRIVER_NAME = 63

/** A CSI driver's name: a domain in any case, at most 63 characters. */
export function checkCsiDriverName(name: string, at: FieldPath, errors: FieldErrors): void {
  if (!name) errors.required(at)
  if (name.length > MAX_DRIVER_NAME) errors.tooLong(at, MAX_DRIVER_NAME)
  errors.invalidAll(at, name, dns1123SubdomainErrors(name.toLowerCase()))
}
