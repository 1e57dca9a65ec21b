import type { EscalationDeps, RbacPlural, RbacWrite } from '../../authz/rbac/escalation.ts'
import { refuseEscalation } from '../../authz/rbac/escalation.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'

const PLURALS: ReadonlySet<string> = new Set<RbacPlural>([
  'roles',
  'clusterroles',
  'rolebindings',
  'clusterrolebindings',
])

/** Nobody grants more rights than they have. */
export function rbacEscalation({ authorizer, rbac }: Pick<AdmissionDeps, 'authorizer' | 'rbac'>): AdmissionPlugin {
  const deps: EscalationDeps = { authorizer, index: rbac }
  return {
    name: 'RbacEscalation',
    handles: ({ definition, operation }) =>
      definition.group === 'rbac.authorization.k8s.io' &&
      PLURALS.has(definition.plural) &&
      (operation === 'CREATE' || operation === 'UPDATE'),
    validate(request) {
      if (request.object) refuseEscalation(writeOf(request, request.object), deps)
    },
  }
}

function writeOf({ user, definition, namespace, name, old }: AdmissionRequest, object: RbacWrite['object']): RbacWrite {
  const plural = definition.plural as RbacPlural
  return { user, plural, namespace, name: name || object.metadata.name || '', object, old }
}
