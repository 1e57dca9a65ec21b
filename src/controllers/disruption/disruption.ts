import { isDeepStrictEqual } from 'node:util'
import { sameMembers } from '../../api/same-members.ts'
import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { keyOf } from '../../client/object-key.ts'
import type { Controller, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { controllerOf } from '../owner-references.ts'
import { isPodReady } from '../pod-state.ts'
import { budgetStatus, disrupted, expectation, failedStatus } from './budget-status.ts'
import { expectedScale } from './expected-scale.ts'

type Budget = DeepReadonly<PodDisruptionBudget>
type Pods = readonly DeepReadonly<Pod>[]

/** Keeps the status of PodDisruptionBudgets, by which the eviction API decides. Upstream: disruption controller. */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  user: 'disruption-controller',
  eventSource: 'controllermanager',
  watches: [watch('podDisruptionBudgets', itself), watch('pods', budgetsOfPod, factsChanged)],
  reads: ['deployments', 'replicaSets', 'replicationControllers', 'statefulSets'],

  async reconcile(key, deps) {
    const { listers, clock, events } = deps
    const budget = listers.podDisruptionBudgets.get(key)
    if (!budget || budget.metadata.deletionTimestamp) return settled
    const pods = listers.pods.list(key.namespace).filter((pod) => selects(budget, pod))
    if (pods.length === 0) events.normal(budget, 'NoPods', 'No matching pods found')
    try {
      const wanted = expectation(budget, pods, () => scaleOf(budget, pods, deps))
      const { waiting, overdue, recheckMs } = disrupted(budget, pods, clock.now())
      for (const pod of overdue) {
        const text = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`
        events.warning({ kind: 'Pod', apiVersion: 'v1', ...nameOf(pod) }, 'NotDeleted', text)
      }
      await write(budget, budgetStatus(budget, wanted, pods, waiting, clock.now()), deps)
      return recheckMs === undefined ? settled : after(recheckMs + 1)
    } catch (error) {
      await write(budget, failedStatus(budget, (error as Error).message, clock.now()), deps)
      throw error
    }
  },
}

function selects({ spec }: Budget, { metadata }: DeepReadonly<Pod>): boolean {
  return spec?.selector !== undefined && labelSelectorMatcher(spec.selector).matches(metadata.labels)
}

function budgetsOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): string[] {
  const budgets = listers.podDisruptionBudgets.list(pod.metadata.namespace)
  return budgets.filter((budget) => selects(budget, pod)).map(keyOf)
}

function factsChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  const facts = (of: DeepReadonly<Pod>) => {
    const { labels, deletionTimestamp, ownerReferences } = of.metadata
    return [deletionTimestamp, isPodReady(of), labels, ownerReferences]
  }
  return !sameMembers(facts(pod), facts(old))
}

const UNMANAGED = [
  'were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in',
  'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
].join(' ')

function scaleOf(budget: Budget, pods: Pods, { listers, events }: ReconcileDeps): number {
  if (pods.some((pod) => !controllerOf(pod))) {
    const selector = labelSelectorMatcher(budget.spec?.selector ?? {})
    const text = `Pods selected by this PodDisruptionBudget (selector: ${selector}) ${UNMANAGED}`
    events.warning(budget, 'UnmanagedPods', text)
  }
  try {
    return expectedScale(pods, listers)
  } catch (error) {
    const text = `Failed to calculate the number of expected pods: ${(error as Error).message}`
    events.warning(budget, 'CalculateExpectedPodCountFailed', text)
    throw error
  }
}

async function write(
  budget: Budget,
  status: PodDisruptionBudgetStatus,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  if (isDeepStrictEqual(withoutZeros(status), withoutZeros(budget.status ?? {}))) return
  await client.podDisruptionBudgets.updateStatus({ ...editable<PodDisruptionBudget>(budget), status }, { signal })
}

/** The server may leave out what is 0 or empty. */
const withoutZeros = (status: DeepReadonly<PodDisruptionBudgetStatus>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(editable<object>(status)).filter(([, value]) => value))

const nameOf = ({ metadata: { name, namespace, uid } }: DeepReadonly<Pod>) => ({ name, namespace, uid })
