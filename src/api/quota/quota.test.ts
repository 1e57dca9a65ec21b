import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../resource.ts'
import type { PodSpec, ResourceQuota } from '../types/core.v1.ts'
import { evaluatorOf } from './evaluators.ts'
import { isInScope } from './scopes.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const container = (name: string, requests: Record<string, string> = {}, limits: Record<string, string> = {}) => ({
  name,
  resources: { requests, limits },
})
const pod = (spec: Partial<PodSpec> | object, rest: object = {}) =>
  ({ metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [{ name: 'c' }], ...spec }, ...rest }) as ApiObject
const usage = (group: string, plural: string, object: object) =>
  evaluatorOf(group, plural).usage(object as ApiObject, NOW)

const usages: [what: string, group: string, plural: string, object: object, want: Record<string, string>][] = [
  ['a pod that asks for nothing', '', 'pods', pod({}), { 'count/pods': '1', pods: '1' }],
  [
    'a pod with requests, limits and overhead',
    '',
    'pods',
    pod({
      containers: [
        container('a', { cpu: '250m', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' }, { memory: '1Gi' }),
        container('b', { cpu: '750m' }),
      ],
      overhead: { cpu: '100m', memory: '10Mi' },
    }),
    {
      'count/pods': '1',
      pods: '1',
      cpu: '1100m',
      'requests.cpu': '1100m',
      memory: '10Mi',
      'requests.memory': '10Mi',
      'limits.memory': '1034Mi',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
      'requests.example.com/gpu': '2',
    },
  ],
  [
    'a pod that asks as a whole',
    '',
    'pods',
    pod({ containers: [container('a', { cpu: '1' })], resources: { requests: { cpu: '3' } } }),
    { 'count/pods': '1', pods: '1', cpu: '3', 'requests.cpu': '3' },
  ],
  [
    'a pod that is being made smaller',
    '',
    'pods',
    pod(
      { containers: [container('a', { cpu: '1' })] },
      { status: { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '2' } } }] } },
    ),
    { 'count/pods': '1', pods: '1', cpu: '2', 'requests.cpu': '2' },
  ],
  ['a pod that has ended', '', 'pods', pod({}, { status: { phase: 'Succeeded' } }), { 'count/pods': '1' }],
  [
    'a pod that should have ended',
    '',
    'pods',
    {
      ...pod({}),
      metadata: { name: 'p', deletionTimestamp: '2025-12-31T23:00:00Z', deletionGracePeriodSeconds: 30 },
    },
    { 'count/pods': '1' },
  ],
  [
    'a load balancer without node ports, but for one that it names',
    '',
    'services',
    { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ nodePort: 30000 }, {}] } },
    { 'count/services': '1', services: '1', 'services.loadbalancers': '1', 'services.nodeports': '1' },
  ],
  [
    'a claim of a class',
    '',
    'persistentvolumeclaims',
    { metadata: {}, spec: { storageClassName: 'gold', resources: { requests: { storage: '1.5' } } } },
    {
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '2',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '2',
    },
  ],
  [
    'a claim of devices: of alternatives the worst',
    'resource.k8s.io',
    'resourceclaims',
    {
      spec: {
        devices: {
          requests: [
            { exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } },
            {
              firstAvailable: [
                { deviceClassName: 'gpu', count: 4 },
                { deviceClassName: 'gpu', count: 3 },
              ],
            },
            { exactly: { deviceClassName: 'nic', allocationMode: 'All' } },
          ],
        },
      },
    },
    {
      'count/resourceclaims.resource.k8s.io': '1',
      'gpu.deviceclass.resource.k8s.io/devices': '6',
      'nic.deviceclass.resource.k8s.io/devices': '32',
    },
  ],
  ['anything else', 'apps', 'deployments', {}, { 'count/deployments.apps': '1' }],
  ['what has a name of old', '', 'secrets', {}, { 'count/secrets': '1', secrets: '1' }],
]

for (const [what, group, plural, object, want] of usages) {
  test(`${what} uses ${Object.keys(want).length} resources of a quota`, () => {
    assert.deepEqual(usage(group, plural, object), want)
  })
}

const scopes: [spec: ResourceQuota['spec'], yes: Partial<PodSpec>, no: Partial<PodSpec>][] = [
  [{ scopes: ['Terminating'] }, { activeDeadlineSeconds: 5 }, {}],
  [{ scopes: ['NotTerminating'] }, {}, { activeDeadlineSeconds: 5 }],
  [{ scopes: ['BestEffort'] }, {}, { containers: [container('a', { cpu: '1' })] }],
  [{ scopes: ['NotBestEffort'] }, { containers: [container('a', { cpu: '1' })] }, {}],
  [
    { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['high'] }] } },
    {},
    { priorityClassName: 'high' },
  ],
  [
    { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] } },
    { priorityClassName: 'high' },
    {},
  ],
  [
    { scopes: ['CrossNamespacePodAffinity'] },
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaceSelector: {} }],
        },
      },
    },
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } } },
  ],
  [{ scopes: ['BestEffort', 'Terminating'] }, { activeDeadlineSeconds: 1 }, {}],
]

for (const [spec, yes, no] of scopes) {
  test(`a quota of ${JSON.stringify(spec)} means some pods and not others`, () => {
    const quota = { metadata: {}, spec } as ResourceQuota
    const means = (object: ApiObject) => isInScope(evaluatorOf('', 'pods'), quota, object)
    assert.deepEqual([means(pod(yes)), means(pod(no))], [true, false])
  })
}

test('a quota of cpu or memory asks each container to say how much it needs', () => {
  const { missing } = evaluatorOf('', 'pods')
  const names = ['requests.memory', 'limits.cpu', 'pods', 'requests.ephemeral-storage']
  const silent = pod({ containers: [{ name: 'b' }, container('a', { memory: '1Mi' })] })
  assert.equal(missing?.(names, silent), 'must specify limits.cpu for: a,b; requests.memory for: b')
  const asAWhole = pod({ resources: { limits: { cpu: '1' } } })
  assert.equal(missing?.(names, asAWhole), undefined)
})
