import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { EndpointSlice } from '../../types/discovery.v1.ts'
import { ageColumn, nameColumn, shortened } from '../printing/columns.ts'
import { checkRequiredChoice, choices } from '../validation/choices.ts'
import { collect } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkEndpoints } from './endpoints.ts'
import { checkEndpointPorts } from './ports.ts'

const addressTypes = choices('IPv4', 'IPv6', 'FQDN')
const SHOWN = 3

/** discovery.k8s.io/v1 EndpointSlice. Upstream: pkg/apis/discovery, pkg/registry/discovery/endpointslice. */
export const endpointSlices = defineResource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', {
  default: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  validate: (slice) =>
    collect((errors) => {
      checkRequiredChoice(slice.addressType, addressTypes, 'addressType', errors)
      checkEndpoints(slice, errors)
      checkEndpointPorts(slice.ports, errors)
    }),
  validateUpdate: (slice, { old }) =>
    collect((errors) => checkImmutable(slice.addressType, old.addressType, 'addressType', errors)),
  generation: ({ metadata, addressType, endpoints, ports }) => [metadata.labels, addressType, endpoints, ports],
  columns: [
    nameColumn,
    { header: 'AddressType', cell: ({ addressType }) => addressType },
    { header: 'Ports', cell: portsText },
    { header: 'Endpoints', cell: addressesText },
    ageColumn,
  ],
})

function portsText({ ports }: DeepReadonly<EndpointSlice>): string {
  const texts = (ports ?? []).map(({ name, port }) => (port === undefined ? (name ?? '*') : String(port)))
  return shortened(texts, SHOWN, ',') || '<unset>'
}

function addressesText({ endpoints }: DeepReadonly<EndpointSlice>): string {
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])
  return shortened(addresses, SHOWN, ',') || '<unset>'
}
