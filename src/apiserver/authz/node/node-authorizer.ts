import { parseFieldSelector } from '../../../api/selector/fields.ts'
import type { RequestAttributes, ResourceAttributes } from '../../request.ts'
import type { Authorizer, Decision } from '../authorizer.ts'
import type { Rule } from '../rbac/rule-match.ts'
import { rulesAllow } from '../rbac/rule-match.ts'
import type { NodeGraph, ReachableKind } from './node-graph.ts'
import { nodeIdentity } from './node-identity.ts'

const ALLOW: Decision = { verdict: 'allow', reason: '' }
const noOpinion = (reason = ''): Decision => ({ verdict: 'no-opinion', reason })

type Check = (node: string, request: ResourceAttributes, graph: NodeGraph) => Decision

/**
 * What a kubelet may do (upstream: the Node authorizer): read what pods on its node refer to, act on its own Node, lease,
 * CSINode, pods and resource slices, and what the system:node role gives every node alike. NodeRestriction admission adds
 * what needs the object's content. Reasons are upstream's.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph
  readonly #nodeRules: readonly Rule[]

  /** `nodeRules`: the rules of ClusterRole system:node. */
  constructor(graph: NodeGraph, nodeRules: readonly Rule[]) {
    this.#graph = graph
    this.#nodeRules = nodeRules
  }

  authorize(request: RequestAttributes): Decision {
    const node = nodeIdentity(request.user)
    if (node === undefined) return noOpinion()
    if (node === '') return noOpinion(`unknown node for user ${JSON.stringify(request.user.name)}`)
    const check = 'path' in request ? undefined : CHECKS.get(`${request.group}/${request.resource}`)
    if (check) return check(node, request as ResourceAttributes, this.#graph)
    return rulesAllow(this.#nodeRules, request) ? ALLOW : noOpinion()
  }
}

const reads = (kind: ReachableKind): Check =>
  function read(node, request, graph) {
    if (!isRead(request.verb)) return noOpinion('can only read resources of this type')
    if (request.subresource !== '') return noOpinion('cannot read subresource')
    if (request.namespace === '') return noOpinion('can only read namespaced object of this type')
    return related(kind, node, request, graph)
  }

const gets = (kind: ReachableKind): Check =>
  function get(node, request, graph) {
    if (request.verb !== 'get') return noOpinion('can only get individual resources of this type')
    if (request.subresource !== '') return noOpinion('cannot get subresource')
    return related(kind, node, request, graph)
  }

const claims: Check = (node, request, graph) => {
  if (request.subresource !== 'status') return getClaim(node, request, graph)
  if (request.verb !== 'update' && request.verb !== 'patch') return noOpinion('can only get/update/patch this type')
  return related('persistentvolumeclaim', node, request, graph)
}

/** Pods' accounts: their tokens, and the account itself, whose annotations credential providers are given (KEP-4412). */
const serviceAccounts: Check = (node, request, graph) => {
  if (request.verb === 'get' && request.subresource === '') return related('serviceaccount', node, request, graph)
  if (request.verb !== 'create' || request.name === '') {
    return noOpinion('can only create tokens for individual service accounts')
  }
  if (request.subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount')
  return related('serviceaccount', node, request, graph)
}

const leases: Check = (node, { verb, namespace, name }) => {
  if (!isOwnObjectVerb(verb)) return noOpinion('can only get, create, update, patch, or delete a node lease')
  if (namespace !== 'kube-node-lease') {
    return noOpinion('can only access leases in the "kube-node-lease" system namespace')
  }
  if (verb === 'create' || name === node) return ALLOW
  return noOpinion('can only access node lease with the same name as the requesting node')
}

const csiNodes: Check = (node, { verb, subresource, name }) => {
  if (!isOwnObjectVerb(verb)) return noOpinion('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return noOpinion('cannot authorize CSINode subresources')
  if (verb === 'create' || name === node) return ALLOW
  return noOpinion('can only access CSINode with the same name as the requesting node')
}

const resourceSlices: Check = (node, request, graph) => {
  if (request.subresource !== '') return noOpinion('cannot authorize ResourceSlice subresources')
  switch (request.verb) {
    case 'create':
      return ALLOW
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related('resourceslice', node, request, graph)
    case 'watch':
    case 'list':
    case 'deletecollection':
      if (selects(request, 'nodeName', node) || selects(request, 'spec.nodeName', node)) return ALLOW
      return noOpinion('can only list/watch/deletecollection resourceslices with nodeName field selector')
    default:
      return noOpinion(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      )
  }
}

const nodes: Check = (node, { verb, subresource, name }) => {
  if (subresource === 'status') return isWrite(verb) ? ALLOW : noOpinion()
  if (subresource !== '') return noOpinion()
  if (verb === 'create' || isWrite(verb)) return ALLOW
  if (!isRead(verb)) return noOpinion()
  if (name === node) return ALLOW
  return name === ''
    ? noOpinion(`node '${node}' cannot read all nodes, only its own Node object`)
    : noOpinion(`node '${node}' cannot read '${name}', only its own Node object`)
}

const pods: Check = (node, request, graph) => {
  const { verb, subresource, name } = request
  if (subresource === 'status') return isWrite(verb) ? ALLOW : noOpinion()
  if (subresource === 'eviction') return verb === 'create' ? ALLOW : noOpinion()
  if (subresource !== '') return noOpinion()
  if (verb === 'create' || verb === 'delete') return ALLOW
  if (verb === 'get') return getPod(node, request, graph)
  if (verb !== 'list' && verb !== 'watch') return noOpinion()
  if (selects(request, 'spec.nodeName', node)) return ALLOW
  if (name !== '') return related('pod', node, request, graph)
  return noOpinion('can only list/watch pods with spec.nodeName field selector')
}

const getClaim = gets('persistentvolumeclaim')
const getPod = gets('pod')

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ['/secrets', reads('secret')],
  ['/configmaps', reads('configmap')],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', gets('persistentvolume')],
  ['resource.k8s.io/resourceclaims', gets('resourceclaim')],
  ['resource.k8s.io/resourceslices', resourceSlices],
  ['storage.k8s.io/volumeattachments', gets('volumeattachment')],
  ['storage.k8s.io/csinodes', csiNodes],
  ['/serviceaccounts', serviceAccounts],
  ['coordination.k8s.io/leases', leases],
  ['/nodes', nodes],
  ['/pods', pods],
])

function related(
  kind: ReachableKind,
  node: string,
  { namespace, name }: ResourceAttributes,
  graph: NodeGraph,
): Decision {
  if (name === '') return noOpinion('No Object name found')
  if (graph.reaches(node, kind, namespace, name)) return ALLOW
  return noOpinion(`no relationship found between node '${node}' and this object`)
}

/** Whether the request is narrowed to `field=value`, so that nothing else can be in the answer. */
function selects({ fieldSelector }: ResourceAttributes, field: string, value: string): boolean {
  if (!fieldSelector) return false
  const { requirements } = parseFieldSelector(fieldSelector)
  return requirements.some((wanted) => wanted.field === field && wanted.op === '=' && wanted.value === value)
}

const isRead = (verb: string): boolean => verb === 'get' || verb === 'list' || verb === 'watch'
const isWrite = (verb: string): boolean => verb === 'update' || verb === 'patch'
const isOwnObjectVerb = (verb: string): boolean =>
  verb === 'get' || verb === 'create' || verb === 'delete' || isWrite(verb)
