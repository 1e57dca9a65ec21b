import { nodeIdentity } from '../../authz/node/node-identity.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { refuse } from '../refuse.ts'
import { nodeClaims } from './node-restriction/claims.ts'
import { nodeNodes } from './node-restriction/nodes.ts'
import { nodeCsiNodes, nodeLeases, nodeResourceSlices } from './node-restriction/own-objects.ts'
import { nodePods } from './node-restriction/pods.ts'
import { nodeTokens } from './node-restriction/tokens.ts'

/** Why a node may not make this request, or undefined. */
export type NodeCheck = (node: string, request: AdmissionRequest, deps: NodeRestrictionDeps) => string | undefined
export type NodeRestrictionDeps = Pick<AdmissionDeps, 'pods' | 'nodes'>

const CHECKS: ReadonlyMap<string, NodeCheck> = new Map([
  ['/pods', nodePods],
  ['/nodes', nodeNodes],
  ['/persistentvolumeclaims', nodeClaims],
  ['/serviceaccounts', nodeTokens],
  ['coordination.k8s.io/leases', nodeLeases],
  ['storage.k8s.io/csinodes', nodeCsiNodes],
  ['resource.k8s.io/resourceslices', nodeResourceSlices],
])

/** Holds kubelets to their own node: what the Node authorizer cannot decide without seeing the object. */
export function nodeRestriction(deps: NodeRestrictionDeps): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: ({ user }) => nodeIdentity(user) !== undefined,
    validate(request) {
      const node = nodeIdentity(request.user)
      if (node === undefined) return
      if (node === '') {
        throw refuse(request, `could not determine node from user ${JSON.stringify(request.user.name)}`)
      }
      const why = CHECKS.get(`${request.definition.group}/${request.definition.plural}`)?.(node, request, deps)
      if (why !== undefined) throw refuse(request, why)
    },
  }
}
