import { evaluatorOf, isCounted } from '../../../api/quota/evaluators.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { Ledger } from './resource-quota/ledger.ts'

/**
 * Keeps what a namespace uses within its ResourceQuotas. What a write uses is in the quotas before the write is stored;
 * what is freed, or was charged and not stored after all, the resourcequota controller finds.
 */
export function resourceQuota({
  resourceQuotas: quotas,
  client,
  clock,
}: Pick<AdmissionDeps, 'resourceQuotas' | 'client' | 'clock'>): AdmissionPlugin {
  const ledger = new Ledger({ quotas, client: client.resourceQuotas })
  return {
    name: 'ResourceQuota',
    handles({ operation, definition, namespace, subresource }) {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false
      if (namespace === '' || quotas.list(namespace).length === 0) return false
      const { group, plural } = definition
      if ((group === '' && plural === 'namespaces') || !isCounted(group, plural)) return false
      return evaluatorOf(group, plural).isCharged(operation, subresource)
    },
    validate(request) {
      const { group, plural } = request.definition
      return ledger.charge({ request, evaluator: evaluatorOf(group, plural), now: clock.now() })
    },
  }
}
