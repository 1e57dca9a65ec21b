import { isIP } from 'node:net'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Ingress } from '../../types/networking.v1.ts'
import { ageColumn, nameColumn, shortened } from '../printing/columns.ts'
import { checkAddress } from '../validation/addresses.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { checkIngressSpec } from './ingress-spec.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const SHOWN_HOSTS = 3

/** networking.k8s.io/v1 Ingress. Upstream: pkg/apis/networking, pkg/registry/networking/ingress. */
export const ingresses = defineResource<Ingress>('networking.k8s.io/v1', 'ingresses', {
  refusalGroup: 'extensions',
  validate: (ingress, old) =>
    collect((errors) => {
      checkIngressSpec(ingress.spec ?? {}, errors)
      if (!old) checkClassAnnotation(ingress, errors)
    }),
  validateUpdate: ({ status }, { old, subresource }) =>
    subresource === 'status' ? collect((errors) => checkLoadBalancer(status, old.status, errors)) : [],
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

function checkClassAnnotation({ metadata, spec }: DeepReadonly<Ingress>, errors: FieldErrors): void {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION]
  const className = spec?.ingressClassName
  if (annotation === undefined || className === undefined || annotation === className) return
  const at = `annotations.${CLASS_ANNOTATION}`
  errors.invalid(at, annotation, 'must match `ingressClassName` when both are specified')
}

const INGRESS = FieldPath.of('status.loadBalancer.ingress')

function checkLoadBalancer(
  status: DeepReadonly<Ingress>['status'],
  old: DeepReadonly<Ingress>['status'],
  errors: FieldErrors,
): void {
  const known = (old?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  status?.loadBalancer?.ingress?.forEach(({ ip, hostname }, index) => {
    const at = INGRESS.index(index)
    if (ip) checkAddress(ip, at.child('ip'), errors, known)
    if (!hostname) return
    checkDns1123Subdomain(hostname, at.child('hostname'), errors)
    if (isIP(hostname) !== 0) errors.invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address')
  })
}

function hostsText({ spec }: DeepReadonly<Ingress>): string {
  const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== '')
  return shortened(hosts, SHOWN_HOSTS, ',') || '*'
}

function addressText({ status }: DeepReadonly<Ingress>): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',')
}
