import type { RequestAttributes } from '../request.ts'
import type { Authorizer, Decision } from './authorizer.ts'

/** Asks in order; the first that allows or denies decides. Otherwise no opinion, with every reason on a line of its own. */
export class UnionAuthorizer implements Authorizer {
  readonly #authorizers: readonly Authorizer[]

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers
  }

  authorize(request: RequestAttributes): Decision {
    let reasons = ''
    for (const authorizer of this.#authorizers) {
      const decision = authorizer.authorize(request)
      if (decision.verdict !== 'no-opinion') return decision
      if (decision.reason !== '') reasons += reasons === '' ? decision.reason : `\n${decision.reason}`
    }
    return { verdict: 'no-opinion', reason: reasons }
  }
}
