import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  AzureFilePersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
} from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { dns1123LabelErrors } from '../../validation/name-rules.ts'
import { checkNoBacksteps } from '../../validation/paths.ts'
import { checkPersistentIscsi } from '../volumes/validate-iscsi.ts'
import * as sources from '../volumes/validate-sources.ts'
import { checkCsi } from './validate-csi.ts'

type Spec = DeepReadonly<PersistentVolumeSpec>
type Check<F extends keyof Spec> = (source: NonNullable<Spec[F]>, at: FieldPath, errors: FieldErrors) => void

export interface SourceRule<F extends keyof Spec = keyof Spec> {
  readonly field: F
  readonly check: Check<F>
  /** What errors inside call the source, where upstream does not use the field's name. */
  readonly path?: string
  /** What a second source is called, where upstream does not use the field's name. */
  readonly conflictPath?: string
}

const rule = <F extends keyof Spec>(field: F, check: Check<F>, names: Partial<SourceRule<F>> = {}): SourceRule =>
  ({ field, check, ...names }) as unknown as SourceRule

const needs =
  (...fields: string[]) =>
  (source: object, at: FieldPath, errors: FieldErrors): void =>
    sources.checkRequiredFields(source, fields, at, errors)

/** Every type of persistent volume, in the order in which a second one is noticed. */
export const sourceRules: readonly SourceRule[] = [
  rule('hostPath', sources.checkHostPath),
  rule('gcePersistentDisk', checkDisk('pdName'), { path: 'persistentDisk' }),
  rule('awsElasticBlockStore', checkDisk('volumeID')),
  rule('glusterfs', checkGluster),
  rule('flocker', sources.checkFlocker),
  rule('nfs', sources.checkNfs),
  rule('rbd', needs('monitors', 'image')),
  rule('quobyte', sources.checkQuobyte),
  rule('cephfs', needs('monitors'), { conflictPath: 'cephFS' }),
  rule('iscsi', checkPersistentIscsi),
  rule('cinder', checkCinder),
  rule('fc', sources.checkFibreChannel),
  rule('flexVolume', sources.checkFlex),
  rule('azureFile', checkAzureFile),
  rule('vsphereVolume', needs('volumePath')),
  rule('photonPersistentDisk', needs('pdID')),
  rule('portworxVolume', needs('volumeID')),
  rule('azureDisk', sources.checkAzureDisk),
  rule('scaleIO', needs('gateway', 'system', 'volumeName')),
  rule('local', checkLocal),
  rule('storageos', checkStorageOs),
  rule('csi', checkCsi),
]

function checkDisk(identity: string) {
  return (source: { readonly partition?: number }, at: FieldPath, errors: FieldErrors): void => {
    sources.checkRequiredFields(source, [identity], at, errors)
    sources.checkPartition(source.partition, at, errors)
  }
}

function checkGluster(source: DeepReadonly<GlusterfsPersistentVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  sources.checkRequiredFields(source, ['endpoints', 'path'], at, errors)
  const namespace = source.endpointsNamespace
  const field = at.child('endpointsNamespace')
  if (namespace === '') {
    errors.invalid(field, '', 'if the endpointnamespace is set, it must be a valid namespace name')
  } else if (namespace !== undefined) errors.invalidAll(field, namespace, dns1123LabelErrors(namespace))
}

interface HasSecret {
  readonly secretRef?: DeepReadonly<SecretReference>
}

function checkSecret({ secretRef }: HasSecret, at: FieldPath, errors: FieldErrors): void {
  if (secretRef) sources.checkRequiredFields(secretRef, ['name', 'namespace'], at.child('secretRef'), errors)
}

function checkCinder(source: HasSecret, at: FieldPath, errors: FieldErrors): void {
  sources.checkRequiredFields(source, ['volumeID'], at, errors)
  checkSecret(source, at, errors)
}

function checkStorageOs(source: NonNullable<Spec['storageos']>, at: FieldPath, errors: FieldErrors): void {
  sources.checkStorageOs(source, at, errors)
  checkSecret(source, at, errors)
}

function checkAzureFile(
  source: DeepReadonly<AzureFilePersistentVolumeSource>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  sources.checkRequiredFields(source, ['secretName', 'shareName'], at, errors)
  if (source.secretNamespace === '') errors.required(at.child('secretNamespace'))
}

function checkLocal({ path }: DeepReadonly<LocalVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  if (path) checkNoBacksteps(path, at.child('path'), errors)
  else errors.required(at.child('path'))
}
