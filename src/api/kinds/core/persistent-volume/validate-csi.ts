import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { CSIPersistentVolumeSource, SecretReference } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts'
import { checkCsiDriverName } from '../volumes/validate-sources.ts'

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

export function checkCsi(source: DeepReadonly<CSIPersistentVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  checkCsiDriverName(source.driver, at.child('driver'), errors)
  if (!source.volumeHandle) errors.required(at.child('volumeHandle'))
  for (const field of csiSecrets) {
    const secret = source[field]
    if (secret) checkSecret(secret, at.child(field), errors)
  }
}

function checkSecret({ name, namespace }: DeepReadonly<SecretReference>, at: FieldPath, errors: FieldErrors): void {
  if (name) checkDns1123Subdomain(name, at.child('name'), errors)
  else errors.required(at.child('name'))
  if (namespace) checkDns1123Label(namespace, at.child('namespace'), errors)
  else errors.required(at.child('namespace'))
}
