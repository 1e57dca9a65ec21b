import { BlockList, isIPv6 } from 'node:net'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '../../types/networking.v1.ts'
import { checkNetwork, isNetwork, withoutLeadingZeros } from '../validation/addresses.ts'
import { choices, orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkPortNumber, portNameErrors } from '../validation/ports.ts'

type Spec = DeepReadonly<NetworkPolicySpec>

const SPEC = FieldPath.of('spec')
const protocols = orderedChoices('TCP', 'UDP', 'SCTP')
const policyTypes = choices('Ingress', 'Egress')

/** Networks that the old object has anywhere are let through: which of them a network is cannot be told (KEP-4858). */
export function checkNetworkPolicySpec(spec: Spec, old: Spec | undefined, errors: FieldErrors): void {
  const known = old ? networksOf(old) : []
  checkLabelSelector(spec.podSelector, SPEC.child('podSelector'), errors)
  spec.ingress?.forEach(({ ports, from }, index) => {
    const at = SPEC.child('ingress').index(index)
    checkPorts(ports, at.child('ports'), errors)
    checkPeers(from, at.child('from'), known, errors)
  })
  spec.egress?.forEach(({ ports, to }, index) => {
    const at = SPEC.child('egress').index(index)
    checkPorts(ports, at.child('ports'), errors)
    checkPeers(to, at.child('to'), known, errors)
  })
  checkTypes(spec, errors)
}

function networksOf({ ingress = [], egress = [] }: Spec): string[] {
  const peers = [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)]
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []))
}

function checkTypes({ policyTypes: types = [] }: Spec, errors: FieldErrors): void {
  const at = SPEC.child('policyTypes')
  if (types.length > policyTypes.listed.length) {
    return errors.invalid(at, types, 'may not specify more than two policyTypes')
  }
  types.forEach((type, index) => {
    if (!policyTypes.has(type)) errors.notSupported(at.index(index), type, policyTypes.listed)
  })
}

function checkPorts(
  ports: readonly DeepReadonly<NetworkPolicyPort>[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  ports?.forEach((port, index) => {
    checkPort(port, at.index(index), errors)
  })
}

function checkPort(
  { protocol, port, endPort }: DeepReadonly<NetworkPolicyPort>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (protocol !== undefined && !protocols.has(protocol)) {
    errors.notSupported(at.child('protocol'), protocol, protocols.listed)
  }
  if (port === undefined) {
    if (endPort !== undefined) {
      errors.invalid(at.child('endPort'), endPort, 'may not be specified when `port` is not specified')
    }
  } else if (typeof port === 'string') {
    if (endPort !== undefined) {
      errors.invalid(at.child('endPort'), endPort, 'may not be specified when `port` is non-numeric')
    }
    errors.invalidAll(at.child('port'), port, portNameErrors(port))
  } else {
    if (endPort !== undefined) {
      if (endPort < port) errors.invalid(at.child('endPort'), endPort, 'must be greater than or equal to `port`')
      checkPortNumber(endPort, at.child('endPort'), errors)
    }
    checkPortNumber(port, at.child('port'), errors)
  }
}

function checkPeers(
  peers: readonly DeepReadonly<NetworkPolicyPeer>[] | undefined,
  at: FieldPath,
  known: readonly string[],
  errors: FieldErrors,
): void {
  peers?.forEach((peer, index) => {
    checkPeer(peer, at.index(index), known, errors)
  })
}

function checkPeer(
  peer: DeepReadonly<NetworkPolicyPeer>,
  at: FieldPath,
  known: readonly string[],
  errors: FieldErrors,
): void {
  const { podSelector, namespaceSelector, ipBlock } = peer
  checkLabelSelector(podSelector, at.child('podSelector'), errors)
  checkLabelSelector(namespaceSelector, at.child('namespaceSelector'), errors)
  if (ipBlock) checkBlock(ipBlock, at.child('ipBlock'), known, errors)
  if (!podSelector && !namespaceSelector && !ipBlock) errors.required(at, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.forbidden(at, 'may not specify both ipBlock and another peer')
  }
}

function checkBlock(
  { cidr, except }: DeepReadonly<IPBlock>,
  at: FieldPath,
  known: readonly string[],
  errors: FieldErrors,
): void {
  if (!cidr) return errors.required(at.child('cidr'))
  checkNetwork(cidr, at.child('cidr'), errors, known)
  if (!isNetwork(cidr)) return
  except?.forEach((hole, index) => {
    const where = at.child('except').index(index)
    checkNetwork(hole, where, errors, known)
    if (isNetwork(hole) && !isStrictSubset(hole, cidr)) {
      errors.invalid(where, hole, 'must be a strict subset of `cidr`')
    }
  })
}

function isStrictSubset(inner: string, outer: string): boolean {
  const [address = '', bits = ''] = withoutLeadingZeros(inner).split('/')
  const [network = '', prefix = ''] = withoutLeadingZeros(outer).split('/')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (isIPv6(network) !== (family === 'ipv6') || Number(bits) <= Number(prefix)) return false
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}
