import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ISCSIPersistentVolumeSource, ISCSIVolumeSource } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkRange } from '../../validation/numbers.ts'

type Iscsi = DeepReadonly<ISCSIVolumeSource | ISCSIPersistentVolumeSource>

const PREFIXED = 'must be valid format starting with iqn, eui, or naa'
const MALFORMED = 'must be valid format'

/** iSCSI names (RFC 3720 §3.2.6) by their prefix. */
const formats: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

/** `unknownPrefix`: how an unknown prefix is called, which differs between pods and persistent volumes. */
export function checkIscsi(source: Iscsi, at: FieldPath, errors: FieldErrors, unknownPrefix = PREFIXED): void {
  if (!source.targetPortal) errors.required(at.child('targetPortal'))
  if (!source.iqn) errors.required(at.child('iqn'))
  else checkName(source.iqn, at.child('iqn'), unknownPrefix, errors)
  checkRange(source.lun, 0, 255, at.child('lun'), errors)
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) errors.required(at.child('secretRef'))
  if (source.initiatorName !== undefined) {
    checkName(source.initiatorName, at.child('initiatorname'), unknownPrefix, errors)
  }
}

export function checkPersistentIscsi(
  source: DeepReadonly<ISCSIPersistentVolumeSource>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkIscsi(source, at, errors, MALFORMED)
  if (source.secretRef && !source.secretRef.name) errors.required(at.child('secretRef').child('name'))
}

function checkName(name: string, at: FieldPath, unknownPrefix: string, errors: FieldErrors): void {
  const format = formats[name.slice(0, 3)]
  if (!format) errors.invalid(at, name, unknownPrefix)
  else if (!format.test(name)) errors.invalid(at, name, MALFORMED)
}

const MAX_SESSION_NAME = 64

/** With an initiator of its own, `<volume>:<portal>` names the session's interface, which is short. */
export function isSessionNameTooLong(volumeName: string, source: Iscsi): boolean {
  return source.initiatorName !== undefined && `${volumeName}:${source.targetPortal}`.length > MAX_SESSION_NAME
}

export const SESSION_NAME_TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
