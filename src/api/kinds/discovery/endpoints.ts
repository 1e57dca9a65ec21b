import { isIPv4, isIPv6 } from 'node:net'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Endpoint, EndpointHints, EndpointSlice } from '../../types/discovery.v1.ts'
import { checkOrdinaryAddress, withoutLeadingZeros } from '../validation/addresses.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabels } from '../validation/labels.ts'
import { dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors } from '../validation/name-rules.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../validation/names.ts'

const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100
const MAX_TOPOLOGY_LABELS = 16
const MAX_HINTS = 8

const ENDPOINTS = FieldPath.of('endpoints')

export function checkEndpoints({ addressType, endpoints }: DeepReadonly<EndpointSlice>, errors: FieldErrors): void {
  const count = endpoints?.length ?? 0
  if (count > MAX_ENDPOINTS) return errors.tooMany(ENDPOINTS, count, MAX_ENDPOINTS)
  endpoints?.forEach((endpoint, index) => {
    checkEndpoint(endpoint, addressType, ENDPOINTS.index(index), errors)
  })
}

function checkEndpoint(
  endpoint: DeepReadonly<Endpoint>,
  addressType: string,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkAddresses(endpoint.addresses ?? [], addressType, at.child('addresses'), errors)
  if (endpoint.nodeName !== undefined) checkDns1123Subdomain(endpoint.nodeName, at.child('nodeName'), errors)
  if (endpoint.deprecatedTopology) checkTopology(endpoint.deprecatedTopology, at.child('deprecatedTopology'), errors)
  if (endpoint.hostname !== undefined) checkDns1123Label(endpoint.hostname, at.child('hostname'), errors)
  if (endpoint.hints) checkHints(endpoint.hints, at.child('hints'), errors)
}

function checkAddresses(addresses: readonly string[], type: string, at: FieldPath, errors: FieldErrors): void {
  if (addresses.length === 0) errors.required(at, 'must contain at least 1 address')
  else if (addresses.length > MAX_ADDRESSES) errors.tooMany(at, addresses.length, MAX_ADDRESSES)
  addresses.forEach((address, index) => {
    checkAddress(address, type, at, index, errors)
  })
}

function checkAddress(address: string, type: string, at: FieldPath, index: number, errors: FieldErrors): void {
  if (type === 'FQDN') return checkFullyQualified(address, at.index(index), errors)
  if (type !== 'IPv4' && type !== 'IPv6') return
  const belongs = type === 'IPv4' ? isIPv4(withoutLeadingZeros(address)) : isIPv6(address)
  if (!belongs) errors.invalid(at.index(index), address, `must be a valid ${type} address`)
  else checkOrdinaryAddress(address, at.index(index), errors)
}

/** A domain of two labels or more, perhaps with a dot at its end. */
function checkFullyQualified(name: string, at: FieldPath, errors: FieldErrors): void {
  if (name === '') return errors.required(at)
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  const problems = dns1123SubdomainErrors(bare)
  if (problems.length > 0) return errors.invalidAll(at, bare, problems)
  const labels = bare.split('.')
  if (labels.length < 2)
    return errors.invalid(at, bare, 'should be a domain with at least two segments separated by dots')
  for (const label of labels) errors.invalidAll(at, label, dns1123LabelErrors(label))
}

const ZONE_LABEL = 'topology.kubernetes.io/zone'

function checkTopology(topology: Readonly<Record<string, string>>, at: FieldPath, errors: FieldErrors): void {
  const count = Object.keys(topology).length
  if (count > MAX_TOPOLOGY_LABELS) errors.tooMany(at, count, MAX_TOPOLOGY_LABELS)
  if (ZONE_LABEL in topology)
    errors.invalid(at.key(ZONE_LABEL), topology[ZONE_LABEL], 'must be specified through the `zone` field')
  checkLabels(topology, at, errors)
}

function checkHints({ forZones, forNodes }: DeepReadonly<EndpointHints>, at: FieldPath, errors: FieldErrors): void {
  checkHintNames(forZones ?? [], at.child('forZones'), errors)
  checkHintNames(forNodes ?? [], at.child('forNodes'), errors)
}

function checkHintNames(hints: readonly { readonly name: string }[], at: FieldPath, errors: FieldErrors): void {
  if (hints.length > MAX_HINTS) return errors.tooMany(at, hints.length, MAX_HINTS)
  const seen = new Set<string>()
  hints.forEach(({ name }, index) => {
    const where = at.index(index).child('name')
    if (seen.has(name)) errors.duplicate(where, name)
    seen.add(name)
    errors.invalidAll(where, name, labelValueErrors(name))
  })
}
