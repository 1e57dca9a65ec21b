import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authorizer } from '../authz/authorizer.ts'
import { impersonate } from './impersonation.ts'

const admin = { name: 'admin', groups: ['system:masters'] }
const everything: Authorizer = { authorize: () => ({ verdict: 'allow', reason: '' }) }
const nothing: Authorizer = { authorize: () => ({ verdict: 'no-opinion', reason: '' }) }

test('without headers a user is itself', () => {
  assert.equal(impersonate({}, admin, nothing), admin)
})

test('an impersonated user has the groups, uid and extra that the headers name', () => {
  const headers = {
    'impersonate-user': 'x',
    'impersonate-group': 'a, b',
    'impersonate-uid': 'u1',
    'impersonate-extra-scopes': 'view',
    'impersonate-extra-acme.com%2fproject': 'p',
  }
  assert.deepEqual(impersonate(headers, admin, everything), {
    name: 'x',
    groups: ['a', 'b', 'system:authenticated'],
    uid: 'u1',
    extra: { scopes: ['view'], 'acme.com/project': ['p'] },
  })
})

const groups: [name: string, want: string[]][] = [
  ['x', ['system:authenticated']],
  ['system:anonymous', ['system:unauthenticated']],
  ['system:serviceaccount:ns:robot', ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']],
]
for (const [name, want] of groups) {
  test(`${name} is in ${want.join(', ')}`, () => {
    assert.deepEqual(impersonate({ 'impersonate-user': name }, admin, everything).groups, want)
  })
}

const robot = { name: 'robot', groups: [] }
const refusals: [headers: Record<string, string>, text: string][] = [
  [
    { 'impersonate-user': 'admin' },
    'users "admin" is forbidden: User "robot" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  [
    { 'impersonate-user': 'system:serviceaccount:a:b', 'impersonate-group': 'x' },
    'serviceaccounts "b" is forbidden: User "robot" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"',
  ],
  [{ 'impersonate-group': 'system:masters' }, 'requested groups, extra, or uid without impersonating a user'],
]
for (const [headers, text] of refusals) {
  test(text, () => {
    assert.throws(() => impersonate(headers, robot, nothing), { message: text })
  })
}

test('each group needs the right to it', () => {
  const usersOnly: Authorizer = {
    authorize: (request) => ({
      verdict: 'resource' in request && request.resource === 'users' ? 'allow' : 'no-opinion',
      reason: '',
    }),
  }
  const headers = { 'impersonate-user': 'x', 'impersonate-group': 'system:masters' }
  assert.throws(() => impersonate(headers, robot, usersOnly), /groups "system:masters" is forbidden/)
})
