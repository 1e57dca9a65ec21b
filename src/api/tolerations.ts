import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Taint, Toleration } from './types/core.v1.ts'

/** An empty key tolerates every key with operator Exists; an empty effect every effect. Numbers compare for Gt and Lt. */
export function tolerates(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true
    case 'Equal':
      return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '')
    case 'Gt':
      return Number(taint.value) > Number(toleration.value)
    case 'Lt':
      return Number(taint.value) < Number(toleration.value)
    default:
      return false
  }
}

export function toleratedBy(
  taint: DeepReadonly<Taint>,
  tolerations: readonly DeepReadonly<Toleration>[] | undefined,
): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false
}
