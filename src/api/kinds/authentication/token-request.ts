import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { FieldError } from '../../field-error.ts'
import type { TokenRequest } from '../../types/authentication.v1.ts'
import { collect } from '../validation/field-errors.ts'

const DEFAULT_SECONDS = 60 * 60
const MIN_SECONDS = 10 * 60
const MAX_SECONDS = 2 ** 32
const AT = 'spec.expirationSeconds'

/** Defaults of the body of `serviceaccounts/token`, which is no resource of its own. */
export function defaultTokenRequest({ spec }: TokenRequest): void {
  spec.expirationSeconds ??= DEFAULT_SECONDS
}

export function validateTokenRequest({ spec }: DeepReadonly<TokenRequest>): FieldError[] {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS
  return collect((errors) => {
    if (seconds < MIN_SECONDS) errors.invalid(AT, seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > MAX_SECONDS) errors.invalid(AT, seconds, 'may not specify a duration larger than 2^32 seconds')
  })
}
