import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { FieldError } from '../../../field-error.ts'
import type { UpdateContext } from '../../../resource.ts'
import type { PersistentVolume, VolumeNodeAffinity } from '../../../types/core.v1.ts'
import { describeDifference } from '../../validation/difference.ts'
import { semanticEqual } from '../../validation/equality.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { sourceRules } from './sources.ts'

type Volume = DeepReadonly<PersistentVolume>

/** What a volume is stays; how it is treated may change. */
export function validateVolumeUpdate(
  volume: Volume,
  { old, subresource }: UpdateContext<PersistentVolume>,
): FieldError[] {
  return subresource === 'status' ? [] : collect((errors) => checkSpec(volume, old, errors))
}

function checkSpec({ spec }: Volume, { spec: old }: Volume, errors: FieldErrors): void {
  const source = sourceOf(spec, old.csi?.controllerExpandSecretRef === undefined)
  const before = sourceOf(old, false)
  if (!semanticEqual(source, before)) {
    const difference = describeDifference(before, source)
    errors.forbidden(
      'spec.persistentvolumesource',
      `spec.persistentvolumesource is immutable after creation\n${difference}`,
    )
  }
  if (spec.volumeMode !== old.volumeMode) errors.invalid('volumeMode', spec.volumeMode, 'field is immutable')
  if (old.nodeAffinity && !semanticEqual(withStableLabels(spec.nodeAffinity), withStableLabels(old.nodeAffinity))) {
    const problem = 'field is immutable, except for updating from beta label to GA'
    errors.invalid('nodeAffinity', spec.nodeAffinity, problem)
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')
  }
}

/** `mayAddExpandSecret`: a CSI volume may get its secret for expansion once. */
function sourceOf(spec: Volume['spec'], mayAddExpandSecret: boolean): Readonly<Record<string, unknown>> {
  const source = Object.fromEntries(sourceRules.map(({ field }) => [field, spec[field]]))
  if (!mayAddExpandSecret || !spec.csi) return source
  const { controllerExpandSecretRef: _added, ...csi } = spec.csi
  return { ...source, csi }
}

const stableLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

function withStableLabels(affinity: DeepReadonly<VolumeNodeAffinity> | undefined): unknown {
  return affinity?.required?.nodeSelectorTerms.map(({ matchExpressions, matchFields }) => ({
    matchExpressions: matchExpressions?.map((requirement) => ({
      ...requirement,
      key: stableLabels[requirement.key] ?? requirement.key,
    })),
    matchFields,
  }))
}
