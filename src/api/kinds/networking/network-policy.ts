import { defineResource } from '../../resource.ts'
import type { NetworkPolicy } from '../../types/networking.v1.ts'
import { ageColumn, nameColumn, selectorText } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { checkNetworkPolicySpec } from './network-policy-spec.ts'

/** networking.k8s.io/v1 NetworkPolicy. Upstream: pkg/apis/networking, pkg/registry/networking/networkpolicy. */
export const networkPolicies = defineResource<NetworkPolicy>('networking.k8s.io/v1', 'networkpolicies', {
  refusalGroup: 'extensions',
  default: ({ spec }) => {
    for (const rule of [...(spec?.ingress ?? []), ...(spec?.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    }
    if (!spec || spec.policyTypes?.length) return
    spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate: ({ spec }, old) => (spec ? collect((errors) => checkNetworkPolicySpec(spec, old?.spec, errors)) : []),
  columns: [nameColumn, { header: 'Pod-Selector', cell: ({ spec }) => selectorText(spec?.podSelector) }, ageColumn],
})
