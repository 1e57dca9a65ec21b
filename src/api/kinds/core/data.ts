import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'

/** Of a ConfigMap's or Secret's values together, decoded. */
export const MAX_DATA_BYTES = 1024 * 1024

/** How many bytes a base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.floor((text.length * 3) / 4) - padding
}

interface HasData {
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
}

const FIXED = 'field is immutable when `immutable` is set'

/** Once immutable, data stays, and so does being immutable. */
export function checkImmutableData(now: HasData, old: HasData, errors: FieldErrors): void {
  if (!old.immutable) return
  if (!now.immutable) errors.forbidden('immutable', FIXED)
  if (!semanticEqual(now.data, old.data)) errors.forbidden('data', FIXED)
}
