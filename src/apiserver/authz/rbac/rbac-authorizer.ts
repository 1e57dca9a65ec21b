import type { RequestAttributes } from '../../request.ts'
import { aggregateText } from '../aggregate-text.ts'
import type { Authorizer, Decision } from '../authorizer.ts'
import type { RbacIndex } from './rbac-index.ts'

/** Allows what roles grant, with upstream's reason texts; says why when a binding's role is missing. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex

  constructor(index: RbacIndex) {
    this.#index = index
  }

  authorize(request: RequestAttributes): Decision {
    const namespace = 'path' in request ? '' : request.namespace
    let missing: string[] | undefined
    for (const grants of this.#index.grantsOf(request.user, namespace)) {
      const reason = grants.allows(request)
      if (reason !== undefined) return { verdict: 'allow', reason }
      if (grants.missing.length > 0) missing = [...(missing ?? []), ...grants.missing]
    }
    return { verdict: 'no-opinion', reason: missing ? `RBAC: ${aggregateText(missing)}` : '' }
  }
}
