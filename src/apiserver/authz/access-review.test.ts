import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../api/status-error.ts'
import type { SubjectAccessReview, SubjectAccessReviewSpec } from '../../api/types/authorization.v1.ts'
import { FakeRbac, userSubject } from '../../testing/rbac.ts'
import { reviewLocalSubjectAccess, reviewSelfSubjectAccess, reviewSubjectAccess } from './access-review.ts'
import { forbiddenRequest } from './forbidden.ts'
import { RbacAuthorizer } from './rbac/rbac-authorizer.ts'
import { reviewSelfSubjectRules } from './rules-review.ts'
import { systemMasters } from './system-masters.ts'
import { UnionAuthorizer } from './union.ts'

const rbac = new FakeRbac()
  .role('r', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], 'ns')
  .bind('b', 'r', [userSubject('x')], 'ns')
const authorizer = new UnionAuthorizer([systemMasters, new RbacAuthorizer(rbac.index)])
const review = (spec: SubjectAccessReviewSpec, metadata = {}) =>
  ({ kind: 'SubjectAccessReview', metadata, spec, status: { allowed: false } }) as unknown as SubjectAccessReview
const pods = { verb: 'get', resource: 'pods', namespace: 'ns' }
const yes = { allowed: true, reason: 'RBAC: allowed by RoleBinding "b/ns" of Role "r" to User "x"' }

test('a review answers for the user that it names', () => {
  const status = (spec: SubjectAccessReviewSpec) => reviewSubjectAccess(review(spec), authorizer).status
  assert.deepEqual(status({ user: 'x', resourceAttributes: pods }), yes)
  assert.deepEqual(status({ user: 'y', resourceAttributes: pods }), { allowed: false })
  assert.deepEqual(status({ user: 'y', groups: ['system:masters'], resourceAttributes: pods }), { allowed: true })
  assert.deepEqual(status({ user: 'x', nonResourceAttributes: { path: '/metrics', verb: 'get' } }), { allowed: false })
})

test('a self review answers for who asks', () => {
  const asked = { metadata: {}, spec: { resourceAttributes: pods }, status: { allowed: false } } as never
  assert.deepEqual(reviewSelfSubjectAccess(asked, { name: 'x', groups: [] }, authorizer).status, yes)
})

const malformed: [spec: SubjectAccessReviewSpec, metadata: object, fields: string[]][] = [
  [{}, {}, ['spec.resourceAttributes', 'spec.user']],
  [{ user: 'x' }, {}, ['spec.resourceAttributes']],
  [{ user: 'x', resourceAttributes: pods, nonResourceAttributes: {} }, {}, ['spec.nonResourceAttributes']],
  [{ user: 'x', resourceAttributes: pods }, { name: 'named' }, ['metadata']],
]
for (const [spec, metadata, fields] of malformed) {
  test(`a review is refused for ${fields.join(', ')}`, () => {
    assert.throws(
      () => reviewSubjectAccess(review(spec, metadata), authorizer),
      (error) => {
        assert.ok(error instanceof StatusError)
        assert.match(error.message, /^\.authorization\.k8s\.io "" is invalid: /)
        assert.deepEqual(
          error.details?.causes?.map(({ field }) => field),
          fields,
        )
        return true
      },
    )
  })
}

test('a local review is about its own namespace', () => {
  const asked = review({ user: 'x', resourceAttributes: { ...pods, namespace: 'other' } }, { namespace: 'ns' })
  assert.throws(
    () => reviewLocalSubjectAccess(asked as never, 'ns', authorizer),
    /spec\.resourceAttributes\.namespace: Invalid value: "other": must match metadata\.namespace/,
  )
})

test('a rules review lists what was granted', () => {
  const asked = { metadata: {}, spec: { namespace: 'ns' }, status: {} } as never
  assert.deepEqual(reviewSelfSubjectRules(asked, { name: 'x', groups: [] }, rbac.index).status, {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [],
    incomplete: false,
  })
  const nowhere = { metadata: {}, spec: {}, status: {} } as never
  assert.throws(() => reviewSelfSubjectRules(nowhere, { name: 'x', groups: [] }, rbac.index), /no namespace on request/)
})

const user = { name: 'nobody', groups: [] }
const resource = { user, group: '', version: 'v1', subresource: '', namespace: 'ns', name: '' }
const texts: [request: Parameters<typeof forbiddenRequest>[0], reason: string, text: string][] = [
  [
    { ...resource, verb: 'list', resource: 'pods' },
    '',
    'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "ns"',
  ],
  [
    { ...resource, verb: 'get', group: 'apps', resource: 'deployments', subresource: 'scale', name: 'd' },
    '',
    'deployments.apps "d" is forbidden: User "nobody" cannot get resource "deployments/scale" in API group "apps" in the namespace "ns"',
  ],
  [
    { ...resource, verb: 'list', resource: 'nodes', namespace: '' },
    'because',
    'nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope: because',
  ],
  [{ user, verb: 'get', path: '/metrics' }, '', 'forbidden: User "nobody" cannot get path "/metrics"'],
]
for (const [request, reason, text] of texts) {
  test(text, () => assert.equal(forbiddenRequest(request, reason).message, text))
}

test('a refused path has empty details', () => {
  assert.deepEqual(forbiddenRequest({ user, verb: 'get', path: '/metrics' }, '').details, {})
})
