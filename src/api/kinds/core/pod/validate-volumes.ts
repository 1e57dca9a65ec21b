import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Volume } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { dns1123SubdomainErrors } from '../../validation/name-rules.ts'
import { checkRequiredLabelOf } from '../../validation/names.ts'
import { isSessionNameTooLong, SESSION_NAME_TOO_LONG } from '../volumes/validate-iscsi.ts'
import { type SourceRule, sourceRuleOf, sourceRules } from './volume-sources.ts'

export type ReadonlyVolume = DeepReadonly<Volume>

export interface VolumeRules {
  /** Name of the pod, where known. */
  readonly podName: string | undefined
  readonly isPod: boolean
}

/** Checks the volumes and returns the valid ones by name: containers may mount only those. */
export function checkVolumes(
  volumes: readonly ReadonlyVolume[],
  at: FieldPath,
  errors: FieldErrors,
  rules: VolumeRules,
): Map<string, ReadonlyVolume> {
  const valid = new Map<string, ReadonlyVolume>()
  volumes.forEach((volume, index) => {
    const item = at.index(index)
    const before = errors.count
    checkSource(volume, item, errors, rules)
    checkRequiredLabelOf('name', volume.name, item, errors)
    if (valid.has(volume.name)) errors.duplicate(item.child('name'), volume.name)
    if (errors.count === before) valid.set(volume.name, volume)
    if (rules.podName) checkClaimIsNotOwn(volume, volumes, rules.podName, item, errors)
  })
  return valid
}

/** Exactly one source. */
function checkSource(volume: ReadonlyVolume, at: FieldPath, errors: FieldErrors, rules: VolumeRules): void {
  const rule = onlySource(volume)
  if (rule) checkOneSource(rule, volume[rule.field] as object, at, errors, rules)
  else checkSources(volume, at, errors, rules)
  if (volume.iscsi && isSessionNameTooLong(volume.name, volume.iscsi)) {
    errors.invalid(at.child('name'), volume.name, SESSION_NAME_TOO_LONG)
  }
  if (volume.ephemeral && rules.podName && volume.name) checkClaimName(volume.name, rules.podName, at, errors)
}

/** The rule for a volume's source, if it has exactly one: looks at what there is, not for all that there could be. */
function onlySource(volume: ReadonlyVolume): SourceRule | undefined {
  let only: SourceRule | undefined
  for (const field in volume) {
    const rule = volume[field as keyof ReadonlyVolume] === undefined ? undefined : sourceRuleOf(field)
    if (rule && only) return undefined
    only ??= rule
  }
  return only
}

/** None or several: what comes after the first is refused without a look. */
function checkSources(volume: ReadonlyVolume, at: FieldPath, errors: FieldErrors, rules: VolumeRules): void {
  let found = false
  for (const rule of sourceRules) {
    const source = volume[rule.field]
    if (source === undefined) continue
    if (found) errors.forbidden(at.child(rule.conflictPath ?? rule.field), 'may not specify more than 1 volume type')
    else checkOneSource(rule, source, at, errors, rules)
    found = true
  }
  if (!found) errors.required(at, 'must specify a volume type')
}

function checkOneSource(
  rule: SourceRule,
  source: object,
  at: FieldPath,
  errors: FieldErrors,
  rules: VolumeRules,
): void {
  rule.check(source as never, at.child(rule.path ?? rule.field), errors, rules)
}

const claimName = (podName: string, volumeName: string): string => `${podName}-${volumeName}`

/** The claim of an ephemeral volume is named `<pod>-<volume>`. */
function checkClaimName(volumeName: string, podName: string, at: FieldPath, errors: FieldErrors): void {
  const name = claimName(podName, volumeName)
  for (const problem of dns1123SubdomainErrors(name)) {
    errors.invalid(at.child('name'), volumeName, `PVC name ${JSON.stringify(name)}: ${problem}`)
  }
}

function checkClaimIsNotOwn(
  { persistentVolumeClaim }: ReadonlyVolume,
  volumes: readonly ReadonlyVolume[],
  podName: string,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!persistentVolumeClaim) return
  const wanted = persistentVolumeClaim.claimName
  if (volumes.some(({ name, ephemeral }) => ephemeral && claimName(podName, name) === wanted)) {
    const problem = 'must not reference a PVC that gets created for an ephemeral volume'
    errors.invalid(at.child('persistentVolumeClaim.claimName'), wanted, problem)
  }
}
