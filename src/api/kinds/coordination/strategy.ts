import { choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { qualifiedNameErrors } from '../validation/name-rules.ts'

export const OLDEST_EMULATION_VERSION = 'OldestEmulationVersion'

const strategies = choices(OLDEST_EMULATION_VERSION)

/** How a leader is chosen: one of Kubernetes' own ways, or one with a domain before it. Upstream names the field twice. */
export function checkStrategy(strategy: string, at: FieldPath, errors: FieldErrors): void {
  const own = at.child('strategy')
  if (strategy.includes('/')) return errors.invalidAll(own, strategy, qualifiedNameErrors(strategy))
  if (!strategies.has(strategy)) errors.notSupported(own, strategy, strategies.listed)
}
