import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PersistentVolumeClaimSpec } from '../../../types/core.v1.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { warnIfFractional } from '../pod/fractional-warning.ts'

/** Advice on a claim's spec, of a claim or of a template of one. */
export function claimSpecWarnings(
  { resources }: DeepReadonly<PersistentVolumeClaimSpec>,
  at: FieldPath,
  warnings: string[],
): void {
  for (const wanted of ['requests', 'limits'] as const) {
    warnIfFractional(resources?.[wanted]?.storage, at.child('resources').child(wanted).key('storage'), warnings)
  }
}
