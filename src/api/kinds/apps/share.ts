import type { IntOrString } from '../../types/meta.v1.ts'
import { percentOf } from '../validation/numbers.ts'

/** Is a number or percentage zero; a text that is neither counts as zero. */
export const isZeroShare = (value: IntOrString | undefined): boolean =>
  (typeof value === 'number' ? value : (percentOf(value) ?? 0)) === 0
