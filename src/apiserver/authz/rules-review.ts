import { badRequest } from '../../api/status-error.ts'
import type { SelfSubjectRulesReview } from '../../api/types/authorization.v1.ts'
import type { UserInfo } from '../request.ts'
import { aggregateText } from './aggregate-text.ts'
import { nodeIdentity } from './node/node-identity.ts'
import type { RbacIndex } from './rbac/rbac-index.ts'
import type { Rule } from './rbac/rule-match.ts'

/**
 * What the asking user may do in a namespace, as `kubectl auth can-i --list` shows it. A list for display: the Node
 * authorizer's answers depend on state and are not in it, which `incomplete` says.
 */
export function reviewSelfSubjectRules(
  review: SelfSubjectRulesReview,
  user: UserInfo,
  index: RbacIndex,
): SelfSubjectRulesReview {
  const namespace = review.spec.namespace
  if (!namespace) throw badRequest('no namespace on request')
  const { rules, errors } = index.rulesOf(user, namespace)
  const isNode = nodeIdentity(user) !== undefined
  const problems = [...(isNode ? ['node authorizer does not support user rule resolution'] : []), ...errors]
  return {
    ...review,
    status: {
      resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
      nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length).map(pathRule),
      incomplete: problems.length > 0,
      ...(problems.length > 0 && { evaluationError: aggregateText(problems) }),
    },
  }
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: Rule) {
  return {
    verbs: [...verbs],
    apiGroups: [...(apiGroups ?? [])],
    resources: [...(resources ?? [])],
    ...(resourceNames?.length && { resourceNames: [...resourceNames] }),
  }
}

function pathRule({ verbs, nonResourceURLs }: Rule) {
  return { verbs: [...verbs], nonResourceURLs: [...(nonResourceURLs ?? [])] }
}
