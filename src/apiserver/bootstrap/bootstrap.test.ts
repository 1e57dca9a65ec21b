import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '../../api/types/rbac.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import { Client, resources } from '../../client/clientset.ts'
import { FakeApi } from '../../testing/fake-api.ts'
import { FakeRbac } from '../../testing/rbac.ts'
import { RbacAuthorizer } from '../authz/rbac/rbac-authorizer.ts'
import type { ResourceAttributes, UserInfo } from '../request.ts'
import { apiServices } from './bootstrap-objects.ts'
import { componentUsers } from './component-users.ts'
import { ensureBootstrapObjects } from './ensure-objects.ts'
import { ensureKubernetesService, kubernetesService } from './kubernetes-service.ts'
import { loadRbacPolicy, nodeRules } from './rbac-policy.ts'

const { signal } = new AbortController()
const options = {
  clusterCa: 'CA',
  frontProxyCa: 'FRONT',
  server: 'https://10.0.0.1:6443',
  network: { clusterCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/12', dnsIP: '10.96.0.10' },
  served: [{ group: '', version: 'v1' }],
}

async function started() {
  const api = new FakeApi()
  const client = new Client(api)
  await ensureBootstrapObjects({ client, ...options }, signal)
  api.takeWrites()
  return { api, client, again: () => ensureBootstrapObjects({ client, ...options }, signal) }
}

test('a fresh cluster has its namespaces, classes, roles and configuration', async () => {
  const { client } = await started()
  const names = async (resource: { list(): Promise<{ items: readonly { metadata: { name: string } }[] }> }) =>
    (await resource.list()).items.map(({ metadata }) => metadata.name).sort()
  assert.deepEqual(await names(client.namespaces as never), [
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ])
  assert.deepEqual(await names(client.priorityClasses as never), ['system-cluster-critical', 'system-node-critical'])
  assert.ok((await names(client.clusterRoles as never)).includes('system:controller:deployment-controller'))
  const config = await client.configMaps.get({ namespace: 'kube-system', name: 'extension-apiserver-authentication' })
  assert.equal(config.data?.['requestheader-allowed-names'], '["front-proxy-client"]')
})

test('a second start writes nothing', async () => {
  const { api, again } = await started()
  await again()
  assert.deepEqual(api.takeWrites(), [])
})

test('what was deleted comes back, what was added stays', async () => {
  const { api, client, again } = await started()
  await client.clusterRoles.delete({ name: 'view' })
  const role = editable<ClusterRole>(await client.clusterRoles.get({ name: 'system:discovery' }))
  const own: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/own'] }
  role.rules = [own]
  await client.clusterRoles.update(role)
  api.takeWrites()
  await again()
  assert.deepEqual(api.takeWrites().sort(), [
    'create clusterroles.rbac.authorization.k8s.io view',
    'update clusterroles.rbac.authorization.k8s.io system:discovery',
  ])
  const { rules = [] } = await client.clusterRoles.get({ name: 'system:discovery' })
  assert.deepEqual(rules[0], own)
  assert.ok(rules.some(({ nonResourceURLs }) => nonResourceURLs?.includes('/version')))
})

test('autoupdate=false keeps an object as its admin left it', async () => {
  const { api, client, again } = await started()
  const role = editable<ClusterRole>(await client.clusterRoles.get({ name: 'system:discovery' }))
  role.rules = []
  role.metadata.annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  await client.clusterRoles.update(role)
  api.takeWrites()
  await again()
  assert.deepEqual(api.takeWrites(), [])
})

test('a default binding to another role is made anew, one without its subject gets it back', async () => {
  const { api, client, again } = await started()
  const change = async (name: string, edit: (binding: ClusterRoleBinding) => void) => {
    const binding = editable<ClusterRoleBinding>(await client.clusterRoleBindings.get({ name }))
    edit(binding)
    await client.clusterRoleBindings.update(binding)
  }
  await change('system:discovery', (binding) => {
    binding.roleRef.name = 'cluster-admin'
  })
  await change('cluster-admin', (binding) => {
    binding.subjects = []
  })
  api.takeWrites()
  await again()
  assert.deepEqual(api.takeWrites().sort(), [
    'create clusterrolebindings.rbac.authorization.k8s.io system:discovery',
    'delete clusterrolebindings.rbac.authorization.k8s.io system:discovery',
    'update clusterrolebindings.rbac.authorization.k8s.io cluster-admin',
  ])
})

test('aggregated roles have rules from the start: admin over edit over view', async () => {
  const { client } = await started()
  const count = async (name: string) => (await client.clusterRoles.get({ name })).rules?.length ?? 0
  const [view, edit, admin] = [await count('view'), await count('edit'), await count('admin')]
  assert.ok(view > 0 && edit > view && admin > edit, `${view} ${edit} ${admin}`)
})

const policy = loadRbacPolicy()
const rbac = new FakeRbac()
const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '' }
for (const { metadata, ...role } of policy.clusterRoles) {
  rbac.clusterRoles.put({ metadata: { ...served, ...metadata, name: metadata.name ?? '' }, ...role } as ClusterRole)
}
for (const { metadata, ...binding } of policy.clusterRoleBindings) {
  const object = { metadata: { ...served, ...metadata, name: metadata.name ?? '' }, ...binding }
  rbac.clusterRoleBindings.put(object as ClusterRoleBinding)
}
const authorizer = new RbacAuthorizer(rbac.index)

const rights: [user: UserInfo, verb: string, resource: string, allowed: boolean][] = [
  [componentUsers.scheduler, 'create', '/pods/binding', true],
  [componentUsers.scheduler, 'list', '/secrets', false],
  [componentUsers.controllerManager, 'list', '/pods', true],
  [componentUsers.controller('namespace-controller'), 'delete', '/configmaps', true],
  [componentUsers.controller('deployment-controller'), 'update', 'apps/replicasets', true],
  [componentUsers.controller('job-controller'), 'create', '/pods', true],
  [componentUsers.controller('job-controller'), 'create', '/secrets', false],
  [componentUsers.controller('resource-claim-controller'), 'create', 'resource.k8s.io/resourceclaims', true],
  [componentUsers.proxy, 'watch', 'discovery.k8s.io/endpointslices', true],
  [componentUsers.dns, 'list', '/services', true],
  [componentUsers.dns, 'list', '/secrets', false],
  [componentUsers.localProvisioner, 'create', '/persistentvolumes', true],
  [componentUsers.localProvisioner, 'create', '/pods', false],
  [componentUsers.localVolumes, 'delete', '/persistentvolumes', true],
  [componentUsers.localVolumes, 'create', '/persistentvolumes', false],
  [{ name: 'kube-apiserver-kubelet-client', groups: [] }, 'get', '/nodes/proxy', true],
  [{ name: 'kube-apiserver-kubelet-client', groups: [] }, 'get', '/secrets', false],
]
for (const [user, verb, target, allowed] of rights) {
  test(`${user.name} may ${allowed ? '' : 'not '}${verb} ${target}`, () => {
    const [group = '', resource = '', subresource = ''] = target.split('/')
    const about = { group, resource, subresource, version: 'v1', namespace: 'ns', name: 'x' }
    const request: ResourceAttributes = { user, verb, ...about }
    assert.equal(authorizer.authorize(request).verdict === 'allow', allowed)
  })
}

test('every binding has its role', () => {
  const roles = new Set(policy.clusterRoles.map(({ metadata }) => metadata.name))
  const lost = policy.clusterRoleBindings.filter(({ roleRef }) => !roles.has(roleRef.name))
  assert.deepEqual(
    lost.map(({ metadata }) => metadata.name),
    [],
  )
  assert.ok(nodeRules(policy).length > 10)
})

test('each served version has an APIService, with upstream’s priorities', () => {
  const made = apiServices([
    { group: '', version: 'v1' },
    { group: 'autoscaling', version: 'v2' },
    { group: 'storage.k8s.io', version: 'v1beta1' },
    { group: 'apiregistration.k8s.io', version: 'v1' },
  ]).map(({ metadata, spec }) => `${metadata.name} ${spec.groupPriorityMinimum} ${spec.versionPriority}`)
  assert.deepEqual(made, ['v1. 18000 1', 'v2.autoscaling 17500 30', 'v1beta1.storage.k8s.io 16800 9'])
})

test('the kubernetes Service leads to the servers, and follows their addresses', async () => {
  const api = new FakeApi()
  const client = new Client(api)
  const at = (...addresses: string[]) =>
    ensureKubernetesService(
      client,
      { clusterIp: '10.96.0.1', servers: addresses.map((address) => ({ address, port: 6443 })) },
      signal,
    )
  await at('10.0.0.1')
  assert.deepEqual(
    api.takeWrites().map((text) => text.split(' ').slice(0, 2).join(' ')),
    ['create services', 'create endpoints', 'create endpointslices.discovery.k8s.io'],
  )
  await at('10.0.0.1')
  assert.deepEqual(api.takeWrites(), [])
  await at('10.0.0.2', '10.0.0.3')
  const slice = await client.resource(resources.endpointSlices).get({ namespace: 'default', name: 'kubernetes' })
  assert.deepEqual((slice as unknown as { endpoints: unknown }).endpoints, [
    { addresses: ['10.0.0.2'], conditions: { ready: true } },
    { addresses: ['10.0.0.3'], conditions: { ready: true } },
  ])
  assert.deepEqual(api.takeWrites().sort(), [
    'update endpoints default/kubernetes',
    'update endpointslices.discovery.k8s.io default/kubernetes',
  ])
})

test('servers that publish the kubernetes Service at the same time do not disturb each other', async () => {
  const api = new FakeApi()
  const client = new Client(api)
  const options = { clusterIp: '10.96.0.1', servers: [{ address: '10.0.0.1', port: 6443 }] }
  await Promise.all([1, 2, 3].map(() => ensureKubernetesService(client, options, signal)))
  const moved = { ...options, servers: [{ address: '10.0.0.9', port: 6443 }] }
  await Promise.all([1, 2, 3].map(() => ensureKubernetesService(client, moved, signal)))
  const { subsets } = await client.endpoints.get({ namespace: 'default', name: 'kubernetes' })
  assert.deepEqual(subsets?.[0]?.addresses, [{ ip: '10.0.0.9' }])
})

test('servers with another port than the first one’s are left out of the endpoints', () => {
  const servers = [
    { address: '10.0.0.1', port: 6443 },
    { address: '10.0.0.2', port: 7443 },
  ]
  const { endpoints } = kubernetesService({ clusterIp: '10.96.0.1', servers })
  assert.deepEqual(endpoints.subsets, [
    { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
  ])
})
