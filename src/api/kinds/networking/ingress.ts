import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Ingress } from '../../types/networking.v1.ts'
import { ageColumn, nameColumn, shortened } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { checkIngressSpec } from './ingress-spec.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const SHOWN_HOSTS = 3

/** networking.k8s.io/v1 Ingress. Upstream: pkg/apis/networking, pkg/registry/networking/ingress. */
export const ingresses = defineResource<Ingress>('networking.k8s.io/v1', 'ingresses', {
  refusalGroup: 'extensions',
  validate: (ingress, old) =>
    collect((errors) => {
      checkIngressSpec(ingress.spec ?? {}, errors)
      const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION]
      if (!old && annotation !== undefined && ingress.spec?.ingressClassName !== undefined) {
        const at = `annotations.${CLASS_ANNOTATION}`
        errors.invalid(at, annotation, 'can not be set when the class field is also set')
      }
    }),
  warnings: ({ metadata }, old) =>
    !old && metadata.annotations?.[CLASS_ANNOTATION] !== undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  columns: [
    nameColumn,
    { header: 'Class', cell: ({ spec }) => spec?.ingressClassName ?? '<none>' },
    { header: 'Hosts', cell: hostsText },
    { header: 'Address', cell: addressText },
    { header: 'Ports', cell: ({ spec }) => (spec?.tls?.length ? '80, 443' : '80') },
    ageColumn,
  ],
})

function hostsText({ spec }: DeepReadonly<Ingress>): string {
  const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== '')
  return shortened(hosts, SHOWN_HOSTS, ',') || '*'
}

function addressText({ status }: DeepReadonly<Ingress>): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',')
}
