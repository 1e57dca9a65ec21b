import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  CSIVolumeSource,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  GitRepoVolumeSource,
  ImageVolumeSource,
  KeyToPath,
  LocalObjectReference,
  Volume,
} from '../../../types/core.v1.ts'
import { checkRequiredChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { dns1123SubdomainErrors } from '../../validation/name-rules.ts'
import { checkFileMode } from '../../validation/numbers.ts'
import { checkDescendingPath } from '../../validation/paths.ts'
import { checkClaimTemplate } from '../persistent-volume-claim/validate-spec.ts'
import { checkIscsi } from '../volumes/validate-iscsi.ts'
import * as sources from '../volumes/validate-sources.ts'
import { checkProjected } from './validate-projected.ts'
import type { VolumeRules } from './validate-volumes.ts'
import { checkDownwardFile, checkKeyToPath } from './volume-files.ts'

type SourceField = Exclude<keyof Volume, 'name'>
type Check<F extends SourceField> = (
  source: NonNullable<DeepReadonly<Volume>[F]>,
  at: FieldPath,
  errors: FieldErrors,
  rules: VolumeRules,
) => void

export interface SourceRule<F extends SourceField = SourceField> {
  readonly field: F
  readonly check: Check<F>
  /** What errors inside call the source, where upstream does not use the field's name. */
  readonly path?: string
  /** What a second source is called, where upstream does not use the field's name. */
  readonly conflictPath?: string
}

const rule = <F extends SourceField>(field: F, check: Check<F>, names: Partial<SourceRule<F>> = {}): SourceRule =>
  ({ field, check, ...names }) as unknown as SourceRule

const needs =
  (...fields: string[]) =>
  (source: object, at: FieldPath, errors: FieldErrors): void =>
    sources.checkRequiredFields(source, fields, at, errors)

/** Every type of volume, in the order in which a second one is noticed. */
export const sourceRules: readonly SourceRule[] = [
  rule('emptyDir', checkEmptyDir),
  rule('hostPath', sources.checkHostPath),
  rule('gitRepo', checkGitRepo),
  rule('gcePersistentDisk', checkDisk('pdName'), { path: 'persistentDisk' }),
  rule('awsElasticBlockStore', checkDisk('volumeID')),
  rule('secret', checkFiles('secretName')),
  rule('nfs', sources.checkNfs),
  rule('iscsi', (source, at, errors) => checkIscsi(source, at, errors)),
  rule('glusterfs', needs('endpoints', 'path')),
  rule('flocker', sources.checkFlocker),
  rule('persistentVolumeClaim', needs('claimName')),
  rule('rbd', needs('monitors', 'image')),
  rule('cinder', checkCinder),
  rule('cephfs', needs('monitors'), { conflictPath: 'cephFS' }),
  rule('quobyte', sources.checkQuobyte),
  rule('downwardAPI', checkDownwardApi, { conflictPath: 'downwarAPI' }),
  rule('fc', sources.checkFibreChannel),
  rule('flexVolume', sources.checkFlex),
  rule('configMap', checkFiles('name')),
  rule('azureFile', needs('secretName', 'shareName')),
  rule('vsphereVolume', needs('volumePath')),
  rule('photonPersistentDisk', needs('pdID')),
  rule('portworxVolume', needs('volumeID')),
  rule('azureDisk', sources.checkAzureDisk),
  rule('storageos', checkStorageOs),
  rule('projected', checkProjected),
  rule('scaleIO', needs('gateway', 'system', 'volumeName')),
  rule('csi', checkCsi),
  rule('ephemeral', checkEphemeral),
  rule('image', checkImage),
]

const byField: ReadonlyMap<string, SourceRule> = new Map(sourceRules.map((each) => [each.field, each]))

/** The rule for a field of a volume; undefined for those that are no source. */
export const sourceRuleOf = (field: string): SourceRule | undefined => byField.get(field)

function checkEmptyDir({ sizeLimit }: DeepReadonly<EmptyDirVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  if (sizeLimit?.startsWith('-')) {
    errors.forbidden(at.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')
  }
}

function checkGitRepo(source: DeepReadonly<GitRepoVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  sources.checkRequiredFields(source, ['repository'], at, errors)
  if (source.directory) checkDescendingPath(source.directory, at.child('directory'), errors)
}

function checkDisk(identity: string) {
  return (source: { readonly partition?: number }, at: FieldPath, errors: FieldErrors): void => {
    sources.checkRequiredFields(source, [identity], at, errors)
    sources.checkPartition(source.partition, at, errors)
  }
}

interface Files {
  readonly defaultMode?: number
  readonly items?: DeepReadonly<KeyToPath[]>
}

/** Files from the keys of a Secret or ConfigMap, which `nameField` names. */
function checkFiles(nameField: string) {
  return (source: Files, at: FieldPath, errors: FieldErrors): void => {
    sources.checkRequiredFields(source, [nameField], at, errors)
    checkFileMode(source.defaultMode, at.child('defaultMode'), errors)
    source.items?.forEach((item, index) => {
      checkKeyToPath(item, at.child('items').index(index), errors)
    })
  }
}

interface HasSecret {
  readonly secretRef?: DeepReadonly<LocalObjectReference>
}

function checkSecretName({ secretRef }: HasSecret, at: FieldPath, errors: FieldErrors): void {
  if (secretRef && !secretRef.name) errors.required(at.child('secretRef').child('name'))
}

function checkCinder(source: HasSecret, at: FieldPath, errors: FieldErrors): void {
  sources.checkRequiredFields(source, ['volumeID'], at, errors)
  checkSecretName(source, at, errors)
}

function checkStorageOs(
  source: NonNullable<DeepReadonly<Volume>['storageos']>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  sources.checkStorageOs(source, at, errors)
  checkSecretName(source, at, errors)
}

function checkDownwardApi(source: DeepReadonly<DownwardAPIVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  checkFileMode(source.defaultMode, at.child('defaultMode'), errors)
  for (const file of source.items ?? []) checkDownwardFile(file, at, errors)
}

function checkCsi(source: DeepReadonly<CSIVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  sources.checkCsiDriverName(source.driver, at.child('driver'), errors)
  const secret = source.nodePublishSecretRef
  if (!secret) return
  if (!secret.name) errors.required(at.child('nodePublishSecretRef').child('name'))
  else errors.invalidAll(at.child('name'), secret.name, dns1123SubdomainErrors(secret.name))
}

function checkEphemeral(source: DeepReadonly<EphemeralVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  const field = at.child('volumeClaimTemplate')
  if (source.volumeClaimTemplate) checkClaimTemplate(source.volumeClaimTemplate, field, errors)
  else errors.required(field)
}

const pullPolicies = choices('Always', 'IfNotPresent', 'Never')

function checkImage(
  source: DeepReadonly<ImageVolumeSource>,
  at: FieldPath,
  errors: FieldErrors,
  { isPod }: VolumeRules,
): void {
  if (isPod && !source.reference) errors.required(at.child('reference'))
  checkRequiredChoice(source.pullPolicy, pullPolicies, at.child('pullPolicy'), errors)
}
