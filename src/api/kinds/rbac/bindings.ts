import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { PrinterColumn } from '../../resource.ts'
import type { RoleBinding, RoleRef, Subject } from '../../types/rbac.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** What RoleBinding and ClusterRoleBinding share. */
export interface AnyBinding {
  metadata: { name: string; creationTimestamp: string }
  roleRef: RoleRef
  subjects?: Subject[]
}

/** Users and groups are of RBAC's own group, service accounts of the core group. */
export function defaultBinding({ roleRef, subjects }: AnyBinding): void {
  roleRef.apiGroup ||= GROUP
  for (const subject of subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = GROUP
  }
}

/** `roleKinds`: what the binding may refer to. */
export function checkBinding(
  { roleRef, subjects }: DeepReadonly<AnyBinding>,
  { roleKinds, namespaced }: { roleKinds: readonly string[]; namespaced: boolean },
  errors: FieldErrors,
): void {
  if (roleRef.apiGroup !== GROUP) errors.notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [GROUP])
  if (!roleKinds.includes(roleRef.kind)) errors.notSupported('roleRef.kind', roleRef.kind, roleKinds)
  if (!roleRef.name) errors.required('roleRef.name')
  else errors.invalidAll('roleRef.name', roleRef.name, pathSegmentErrors(roleRef.name))
  subjects?.forEach((subject, index) => {
    checkSubject(subject, namespaced, FieldPath.of('subjects').index(index), errors)
  })
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group']

function checkSubject(subject: DeepReadonly<Subject>, namespaced: boolean, at: FieldPath, errors: FieldErrors): void {
  const { kind, name, apiGroup = '' } = subject
  if (!name) errors.required(at.child('name'))
  if (kind === 'ServiceAccount') {
    if (name) checkDns1123Subdomain(name, at.child('name'), errors)
    if (apiGroup !== '') errors.notSupported(at.child('apiGroup'), apiGroup, [''])
    if (!namespaced && !subject.namespace) errors.required(at.child('namespace'))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.notSupported(at.child('apiGroup'), apiGroup, [GROUP])
  } else errors.notSupported(at.child('kind'), kind, SUBJECT_KINDS)
}

/** Whoever may change subjects must not be able to give them another role: that needs a new binding. */
export function checkSameRole(
  { roleRef }: DeepReadonly<AnyBinding>,
  old: DeepReadonly<AnyBinding>,
  errors: FieldErrors,
): void {
  if (!semanticEqual(roleRef, old.roleRef)) errors.invalid('roleRef', roleRef, 'cannot change roleRef')
}

const subjectsText = ({ subjects }: DeepReadonly<AnyBinding>, kind: string): string =>
  (subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ')

export const bindingColumns: PrinterColumn<RoleBinding>[] = [
  nameColumn,
  { header: 'Role', cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  ageColumn,
  { header: 'Users', priority: 1, cell: (binding) => subjectsText(binding, 'User') },
  { header: 'Groups', priority: 1, cell: (binding) => subjectsText(binding, 'Group') },
  { header: 'ServiceAccounts', priority: 1, cell: (binding) => subjectsText(binding, 'ServiceAccount') },
]
