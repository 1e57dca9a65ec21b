import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Taint, Toleration } from '../types/core.v1.ts'
import { isInteger } from './integer.ts'

/**
 * An empty key tolerates every key with operator Exists; an empty effect every effect. Gt and Lt compare the taint's value
 * with the toleration's, both integers (KEP-5471).
 */
export function tolerates(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Gt':
      return compareIntegers(taint.value, toleration.value) > 0
    case 'Lt':
      return compareIntegers(taint.value, toleration.value) < 0
    default:
      return false
  }
}

/** The difference of two 64-bit integers; NaN, which is neither more nor less, unless both are some. */
function compareIntegers(a: string | undefined, b: string | undefined): number {
  if (!isInteger(a) || !isInteger(b)) return Number.NaN
  return Number(BigInt(a) - BigInt(b))
}

/** Does any of them tolerate the taint? */
export function toleratedBy(
  taint: DeepReadonly<Taint>,
  tolerations: readonly DeepReadonly<Toleration>[] | undefined,
): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false
}
