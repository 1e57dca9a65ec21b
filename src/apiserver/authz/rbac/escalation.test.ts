import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../../api/status-error.ts'
import type { PolicyRule } from '../../../api/types/rbac.v1.ts'
import { FakeRbac, userSubject } from '../../../testing/rbac.ts'
import type { RbacPlural, RbacWrite } from './escalation.ts'
import { refuseEscalation } from './escalation.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'

const user = { name: 'esc', groups: ['system:authenticated'] }
const lacks =
  'user "esc" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'

function cluster(): FakeRbac {
  return new FakeRbac()
    .role('base', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }], 'ns')
    .bind('base', 'base', [userSubject('esc')], 'ns')
    .role('strong', [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }], 'ns')
    .role('weak', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], 'ns')
}

function outcome(
  write: Partial<RbacWrite> & { plural: RbacPlural; object: RbacWrite['object'] },
  rbac = cluster(),
): string {
  const deps = { index: rbac.index, authorizer: new RbacAuthorizer(rbac.index) }
  try {
    refuseEscalation({ user, namespace: 'ns', name: 'x', old: undefined, ...write }, deps)
    return 'passes'
  } catch (error) {
    assert.ok(error instanceof StatusError)
    return `${error.code} ${error.message}`
  }
}
const role = (...rules: PolicyRule[]) => ({ plural: 'roles', object: { metadata: { name: 'x' }, rules } }) as const
const binding = (name: string) => {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
  return { plural: 'rolebindings', object: { metadata: { name: 'x' }, roleRef } } as const
}
const forbidden = (lines: string, plural = 'roles') =>
  `403 ${plural}.rbac.authorization.k8s.io "x" is forbidden: ${lacks}${lines}`

const cases: [name: string, write: Parameters<typeof outcome>[0], want: string][] = [
  ['a weaker role', role({ apiGroups: [''], resources: ['pods'], verbs: ['get'] }), 'passes'],
  [
    'a right on one name',
    role({ apiGroups: [''], resources: ['pods'], resourceNames: ['p'], verbs: ['get'] }),
    'passes',
  ],
  [
    'one more verb',
    role({ apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete'] }),
    forbidden('{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'),
  ],
  [
    'everything',
    role({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }),
    forbidden('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}'),
  ],
  [
    'several groups and resources',
    role({ apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get', 'watch'] }),
    forbidden(
      [
        '{APIGroups:[""], Resources:["deployments"], Verbs:["get" "watch"]}',
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}',
        '{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "watch"]}',
        '{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "watch"]}',
      ].join('\n'),
    ),
  ],
  [
    'a path',
    { ...role({ nonResourceURLs: ['/metrics'], verbs: ['get'] }), plural: 'clusterroles' },
    forbidden('{NonResourceURLs:["/metrics"], Verbs:["get"]}', 'clusterroles'),
  ],
  ['a binding to a weaker role', binding('weak'), 'passes'],
  [
    'a binding to a stronger role',
    binding('strong'),
    forbidden('{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}', 'rolebindings'),
  ],
  ['a binding to no role', binding('nosuch'), '404 roles.rbac.authorization.k8s.io "nosuch" not found'],
  ['system:masters', { ...binding('strong'), user: { name: 'root', groups: ['system:masters'] } }, 'passes'],
]
for (const [name, write, want] of cases) {
  test(`granting ${name}: ${want.slice(0, 40)}`, () => assert.equal(outcome(write), want))
}

test('the verbs bind and escalate let pass, for the role that they name only', () => {
  const group = 'rbac.authorization.k8s.io'
  const rbac = cluster()
    .role(
      'binder',
      [{ apiGroups: [group], resources: ['roles'], resourceNames: ['strong'], verbs: ['bind', 'escalate'] }],
      'ns',
    )
    .bind('binder', 'binder', [userSubject('esc')], 'ns')
  const everything = role({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] })
  assert.equal(outcome(binding('strong'), rbac), 'passes')
  assert.equal(outcome({ ...everything, name: 'strong' }, rbac), 'passes')
  assert.match(outcome({ ...everything, name: 'other' }, rbac), /^403/)
})

test('an aggregated role needs every right, since its rules are not known yet', () => {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
  const write = { plural: 'clusterroles', object: { metadata: { name: 'x' }, aggregationRule } } as const
  const want =
    '403 clusterroles.rbac.authorization.k8s.io "x" is forbidden: must have cluster-admin privileges to use an aggregationRule'
  assert.equal(outcome(write), want)
})

test('changing owner references and finalizers alone grants nothing', () => {
  const strong = {
    metadata: { name: 'x', finalizers: ['f'] },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  }
  const without = { ...strong, metadata: { name: 'x' } }
  assert.equal(outcome({ plural: 'roles', object: without, old: strong }), 'passes')
  const relabelled = { ...strong, metadata: { name: 'x', labels: { a: 'b' } } }
  assert.match(outcome({ plural: 'roles', object: relabelled, old: strong }), /^403/)
})
