import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  FlowSchemaSpec,
  LimitedPriorityLevelConfiguration,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  Subject,
} from '../../types/flowcontrol.v1.ts'

/** A FlowSchema's spec as Go's internal type prints, in messages. */
export function internalSchema(spec: DeepReadonly<FlowSchemaSpec> | undefined): object {
  return {
    PriorityLevelConfiguration: { Name: spec?.priorityLevelConfiguration?.name ?? '' },
    MatchingPrecedence: spec?.matchingPrecedence ?? 0,
    DistinguisherMethod: spec?.distinguisherMethod ? { Type: spec.distinguisherMethod.type } : null,
    Rules: spec?.rules?.map(internalRules) ?? null,
  }
}

function internalRules({ subjects, resourceRules, nonResourceRules }: DeepReadonly<PolicyRulesWithSubjects>): object {
  return {
    Subjects: subjects?.map(internalSubject) ?? null,
    ResourceRules:
      resourceRules?.map(({ verbs, apiGroups, resources, clusterScope = false, namespaces }) => ({
        Verbs: verbs ?? null,
        APIGroups: apiGroups ?? null,
        Resources: resources ?? null,
        ClusterScope: clusterScope,
        Namespaces: namespaces ?? null,
      })) ?? null,
    NonResourceRules:
      nonResourceRules?.map(({ verbs, nonResourceURLs }) => ({
        Verbs: verbs ?? null,
        NonResourceURLs: nonResourceURLs ?? null,
      })) ?? null,
  }
}

function internalSubject({ kind, user, group, serviceAccount }: DeepReadonly<Subject>): object {
  return {
    Kind: kind ?? '',
    User: user ? { Name: user.name } : null,
    Group: group ? { Name: group.name } : null,
    ServiceAccount: serviceAccount ? { Namespace: serviceAccount.namespace, Name: serviceAccount.name } : null,
  }
}

/** A PriorityLevelConfiguration's spec as Go's internal type prints. */
export function internalLevel(spec: DeepReadonly<PriorityLevelConfigurationSpec> | undefined): object {
  const { type = '', limited, exempt } = spec ?? {}
  return {
    Type: type,
    Limited: limited ? internalLimited(limited) : null,
    Exempt: exempt
      ? {
          NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null,
          LendablePercent: exempt.lendablePercent ?? null,
        }
      : null,
  }
}

function internalLimited(limited: DeepReadonly<LimitedPriorityLevelConfiguration>): object {
  const { type = '', queuing } = limited.limitResponse ?? {}
  return {
    NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
    LimitResponse: {
      Type: type,
      Queuing: queuing
        ? {
            Queues: queuing.queues ?? 0,
            HandSize: queuing.handSize ?? 0,
            QueueLengthLimit: queuing.queueLengthLimit ?? 0,
          }
        : null,
    },
    LendablePercent: limited.lendablePercent ?? null,
    BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
  }
}
