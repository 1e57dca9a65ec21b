import type { PrinterColumn } from '../../../resource.ts'
import type { Service } from '../../../types/core.v1.ts'
import { ageColumn, labelsText, nameColumn } from '../../printing/columns.ts'
import type { ReadonlyService } from './kinds-of-service.ts'

export const serviceColumns: readonly PrinterColumn<Service>[] = [
  nameColumn,
  { header: 'Type', cell: ({ spec }) => spec.type ?? '' },
  { header: 'Cluster-IP', cell: ({ spec }) => spec.clusterIPs?.[0] || '<none>' },
  { header: 'External-IP', cell: externalAddress },
  { header: 'Port(s)', cell: ports },
  ageColumn,
  { header: 'Selector', priority: 1, cell: ({ spec }) => labelsText(spec.selector) },
]

function externalAddress({ spec, status }: ReadonlyService): string {
  const external = (spec.externalIPs ?? []).join(',')
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external || '<none>'
    case 'LoadBalancer': {
      const balanced = balancerAddresses(status)
      if (external) return balanced ? `${balanced},${external}` : external
      return balanced || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

function balancerAddresses({ loadBalancer }: ReadonlyService['status']): string {
  const addresses = loadBalancer?.ingress?.map(({ ip, hostname }) => ip || hostname || '').filter((text) => text !== '')
  return [...new Set(addresses)].sort().join(',')
}

function ports({ spec }: ReadonlyService): string {
  const texts = spec.ports?.map(
    ({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  )
  return texts?.join(',') || '<none>'
}
