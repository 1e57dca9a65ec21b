import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeRbac, groupSubject, userSubject } from '../../../testing/rbac.ts'
import type { RequestAttributes, UserInfo } from '../../request.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'

const dev: UserInfo = { name: 'dev', groups: ['team', 'system:authenticated'] }

/** `get apps/deployments/scale ns/name` as a request of `user`. */
function ask(text: string, user = dev): RequestAttributes {
  const [verb = '', target = '', object = ''] = text.split(' ')
  if (target.startsWith('~')) return { user, verb, path: target.slice(1) }
  const [group = '', resource = '', subresource = ''] = target.split('/')
  const [namespace = '', name = ''] = object.split('/')
  return { user, verb, group, version: 'v1', resource, subresource, namespace, name }
}

const rbac = new FakeRbac()
  .role(
    'r',
    [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs: ['get', 'update', 'delete'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get'] },
      { apiGroups: ['*'], resources: ['jobs'], verbs: ['*'] },
      { apiGroups: ['apps'], resources: ['*/status'], verbs: ['patch'] },
    ],
    'ns',
  )
  .bind('b', 'r', [userSubject('dev')], 'ns')
  .role('reader', [
    { apiGroups: [''], resources: ['*'], verbs: ['list'] },
    { nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] },
  ])
  .bind('readers', 'cluster:reader', [groupSubject('team')])
  .bind('accounts', 'cluster:reader', [{ kind: 'ServiceAccount', name: 'robot' }], 'ns')
const authorizer = new RbacAuthorizer(rbac.index)
const byRole = 'RBAC: allowed by RoleBinding "b/ns" of Role "r" to User "dev"'
const byGroup = 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "team"'

const cases: [request: string, reason: string | undefined][] = [
  ['get /configmaps ns/c', byRole],
  ['create /configmaps ns/', byRole],
  ['update /configmaps ns/c', undefined],
  ['get /configmaps other/c', undefined],
  ['get /configmaps', undefined],
  ['get /secrets ns/mine', byRole],
  ['get /secrets ns/other', undefined],
  ['get /secrets ns/', undefined],
  ['get apps/deployments ns/d', undefined],
  ['get apps/deployments/scale ns/d', byRole],
  ['get batch/jobs ns/j', byRole],
  ['delete batch/jobs/status ns/j', undefined],
  ['patch apps/daemonsets/status ns/d', byRole],
  ['list /pods other/', byGroup],
  ['list /pods', byGroup],
  ['list /pods/log', byGroup],
  ['get ~/metrics', byGroup],
  ['get ~/logs/today', byGroup],
  ['get ~/logs', undefined],
  ['post ~/metrics', undefined],
]
for (const [request, reason] of cases) {
  test(`${request} is ${reason ? 'allowed' : 'not allowed'}`, () => {
    const expected = reason ? { verdict: 'allow', reason } : { verdict: 'no-opinion', reason: '' }
    assert.deepEqual(authorizer.authorize(ask(request)), expected)
  })
}

test('a service account without a namespace is one of the binding’s own', () => {
  const robot = { name: 'system:serviceaccount:ns:robot', groups: [] }
  assert.equal(authorizer.authorize(ask('list /pods ns/', robot)).verdict, 'allow')
  const stranger = { name: 'system:serviceaccount:other:robot', groups: [] }
  assert.equal(authorizer.authorize(ask('list /pods ns/', stranger)).verdict, 'no-opinion')
})

test('a binding to a missing role says so, and works once the role is there', () => {
  const late = new FakeRbac().bind('b', 'later', [userSubject('dev')], 'ns')
  const lateAuthorizer = new RbacAuthorizer(late.index)
  const missing = { verdict: 'no-opinion', reason: 'RBAC: role.rbac.authorization.k8s.io "later" not found' }
  assert.deepEqual(lateAuthorizer.authorize(ask('get /pods ns/p')), missing)
  late.role('later', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], 'ns')
  assert.equal(lateAuthorizer.authorize(ask('get /pods ns/p')).verdict, 'allow')
})

test('rights end with the binding, the role and the rule', () => {
  const changing = new FakeRbac()
    .role('c', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])
    .bind('b', 'cluster:c', [userSubject('dev')])
  const live = new RbacAuthorizer(changing.index)
  const verdict = () => live.authorize(ask('get /pods ns/p')).verdict
  assert.equal(verdict(), 'allow')
  changing.role('c', [])
  assert.equal(verdict(), 'no-opinion')
  changing.role('c', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])
  assert.equal(verdict(), 'allow')
  changing.clusterRoleBindings.remove({ name: 'b' })
  assert.equal(verdict(), 'no-opinion')
})
