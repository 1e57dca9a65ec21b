import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../types/core.v1.ts'
import { ageColumn, nameColumn, shortened } from '../printing/columns.ts'
import { checkAddress, checkOrdinaryAddress } from '../validation/addresses.ts'
import { checkRequiredChoice } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label, checkOptionalSubdomain, checkQualifiedName } from '../validation/names.ts'
import { checkPortNumber, portProtocols } from '../validation/ports.ts'

type ReadonlyEndpoints = DeepReadonly<Endpoints>

const MAX_SHOWN = 3
const subsetsPath = FieldPath.of('subsets')

export const endpoints = defineResource<Endpoints>('v1', 'endpoints', {
  default: ({ subsets }) => {
    for (const { ports = [] } of subsets ?? []) for (const port of ports) port.protocol ||= 'TCP'
  },
  validate: ({ subsets = [] }, old) => {
    const known = old?.subsets?.flatMap(addressesOf)
    return collect((errors) => {
      for (const [index, subset] of subsets.entries()) checkSubset(subset, subsetsPath.index(index), known, errors)
    })
  },
  createOnUpdate: true,
  columns: [nameColumn, { header: 'Endpoints', cell: listed }, ageColumn],
})

function addressesOf({ addresses = [], notReadyAddresses = [] }: DeepReadonly<EndpointSubset>): string[] {
  return [...addresses, ...notReadyAddresses].map(({ ip }) => ip)
}

function checkSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: DeepReadonly<EndpointSubset>,
  at: FieldPath,
  known: readonly string[] | undefined,
  errors: FieldErrors,
): void {
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.required(at, 'must specify `addresses` or `notReadyAddresses`')
  }
  addresses.forEach((address, index) => {
    checkEndpoint(address, at.child('addresses').index(index), known, errors)
  })
  notReadyAddresses.forEach((address, index) => {
    checkEndpoint(address, at.child('notReadyAddresses').index(index), known, errors)
  })
  ports.forEach((port, index) => {
    checkPort(port, ports.length > 1, at.child('ports').index(index), errors)
  })
}

function checkEndpoint(
  { ip, hostname, nodeName }: DeepReadonly<EndpointAddress>,
  at: FieldPath,
  known: readonly string[] | undefined,
  errors: FieldErrors,
): void {
  checkAddress(ip, at.child('ip'), errors, known)
  if (hostname) checkDns1123Label(hostname, at.child('hostname'), errors)
  checkOptionalSubdomain(nodeName, at.child('nodeName'), errors)
  checkOrdinaryAddress(ip, at.child('ip'), errors)
}

function checkPort(port: DeepReadonly<EndpointPort>, needsName: boolean, at: FieldPath, errors: FieldErrors): void {
  if (port.name) checkDns1123Label(port.name, at.child('name'), errors)
  else if (needsName) errors.required(at.child('name'))
  checkPortNumber(port.port, at.child('port'), errors)
  checkRequiredChoice(port.protocol, portProtocols, at.child('protocol'), errors)
  if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, at.child('appProtocol'), errors)
}

/** `10.0.0.1:80,10.0.0.2:80 + 3 more...` */
function listed({ subsets = [] }: ReadonlyEndpoints): string {
  const texts = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip)
    return ports.flatMap(({ port }) =>
      addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
    )
  })
  return texts.length === 0 ? '<none>' : shortened(texts, MAX_SHOWN, ',')
}
