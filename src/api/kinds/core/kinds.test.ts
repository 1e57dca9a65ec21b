import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze, editable } from '../../../base/deep-readonly.ts'
import type { ApiObject, ResourceDefinition } from '../../resource.ts'
import type { ConfigMap, Event, Namespace, Node, PersistentVolumeClaim, Secret } from '../../types/core.v1.ts'
import { configMaps } from './config-map.ts'
import { endpoints } from './endpoints.ts'
import { events } from './event.ts'
import { namespaces } from './namespace.ts'
import { nodes } from './node.ts'
import { persistentVolumeClaims } from './persistent-volume-claim/persistent-volume-claim.ts'
import { resourceQuotas } from './resource-quota.ts'
import { secrets } from './secret/secret.ts'

const NOW = Date.parse('2026-01-01T01:00:00Z')
const metadata = {
  name: 'x',
  namespace: 'a',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
}

/** Errors as one line each, of an update that goes through the hooks in their order. */
function update<T extends ApiObject>(
  { rules }: ResourceDefinition<T>,
  old: T,
  change: (object: T) => void,
  subresource = '',
): { object: T; errors: string[] } {
  const object = editable<T>(old)
  change(object)
  const context = { old: deepFreeze(editable<T>(old)), subresource }
  rules.default?.(object)
  rules.prepareUpdate?.(object, context)
  const frozen = deepFreeze(object)
  const found = [
    ...(subresource === 'status' ? [] : (rules.validate?.(frozen, context.old) ?? [])),
    ...(rules.validateUpdate?.(frozen, context) ?? []),
  ]
  return { object, errors: found.map(({ field, message }) => `${field}: ${message}`) }
}

function row<T>({ rules }: ResourceDefinition<T>, object: T): Record<string, unknown> {
  return Object.fromEntries((rules.columns ?? []).map(({ header, cell }) => [header, cell(deepFreeze(object), NOW)]))
}

test('an immutable ConfigMap keeps its data and stays immutable', () => {
  const old: ConfigMap = { metadata, immutable: true, data: { a: '1' } }
  const { errors } = update(configMaps, old, (map) => {
    map.data = { a: '2' }
    delete map.immutable
  })
  assert.deepEqual(errors, [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ])
})

test('stringData goes into data, over what is there', () => {
  const secret: Secret = { metadata, data: { a: 'MQ==' }, stringData: { a: '2', b: '3' } }
  secrets.rules.default?.(secret)
  assert.deepEqual(secret, { metadata, type: 'Opaque', data: { a: 'Mg==', b: 'Mw==' } })
})

test('the type of a Secret stays', () => {
  const old: Secret = { metadata, type: 'Opaque' }
  const { errors } = update(secrets, old, (secret) => {
    secret.type = 'kubernetes.io/tls'
    secret.data = { 'tls.crt': '', 'tls.key': '' }
  })
  assert.deepEqual(errors, ['type: Invalid value: "kubernetes.io/tls": field is immutable'])
})

test('a namespace carries its name as a label and the kubernetes finalizer', () => {
  const namespace: Namespace = { metadata: { ...metadata, name: 'blue' }, spec: {}, status: {} }
  namespaces.rules.default?.(namespace)
  namespaces.rules.prepareCreate?.(namespace)
  assert.equal(namespace.metadata.labels?.['kubernetes.io/metadata.name'], 'blue')
  assert.deepEqual([namespace.spec, namespace.status], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }])
})

test('finalizers of a namespace change through its finalize subresource only', () => {
  const old: Namespace = { metadata, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
  const clear = (namespace: Namespace) => {
    namespace.spec.finalizers = []
  }
  assert.deepEqual(update(namespaces, old, clear).object.spec.finalizers, ['kubernetes'])
  assert.deepEqual(update(namespaces, old, clear, 'finalize').object.spec.finalizers, [])
})

test('a node keeps its status on updates of its spec, and its pod networks', () => {
  const old: Node = {
    metadata,
    spec: { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24'] },
    status: { capacity: { cpu: '1' } },
  }
  const { object, errors } = update(nodes, old, (node) => {
    node.status = {}
    node.spec.podCIDR = '10.0.1.0/24'
    node.spec.podCIDRs = ['10.0.1.0/24']
  })
  assert.deepEqual(object.status, old.status)
  assert.deepEqual(errors, ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'])
})

test('the table of nodes shows readiness and roles', () => {
  const labels = { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' }
  const status: Node['status'] = {
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
  }
  const shown = row(nodes, { metadata: { ...metadata, labels }, spec: { unschedulable: true }, status })
  assert.deepEqual(
    [shown.Status, shown.Roles, shown['Internal-IP'], shown['External-IP']],
    ['Ready,SchedulingDisabled', 'control-plane,worker', '10.0.0.1', '<none>'],
  )
})

test('a claim may grow when bound, and not shrink', () => {
  const spec: PersistentVolumeClaim['spec'] = {
    accessModes: ['ReadWriteOnce'],
    volumeName: 'v',
    volumeMode: 'Filesystem',
    resources: { requests: { storage: '2Gi' } },
  }
  const old: PersistentVolumeClaim = { metadata, spec, status: { phase: 'Bound', capacity: { storage: '2Gi' } } }
  const resize = (storage: string) =>
    update(persistentVolumeClaims, old, (claim) => {
      claim.spec.resources = { requests: { storage } }
    }).errors
  assert.deepEqual(resize('3Gi'), [])
  assert.deepEqual(resize('1Gi'), [
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ])
})

test('what an unbound claim asks for stays', () => {
  const spec: PersistentVolumeClaim['spec'] = {
    accessModes: ['ReadWriteOnce'],
    volumeMode: 'Filesystem',
    resources: { requests: { storage: '2Gi' } },
  }
  const { errors } = update(persistentVolumeClaims, { metadata, spec, status: { phase: 'Pending' } }, (claim) => {
    claim.spec.accessModes = ['ReadOnlyMany']
  })
  assert.match(errors[0] ?? '', /^spec: Forbidden: spec is immutable after creation except resources.requests/)
})

test('the scopes of a quota stay', () => {
  const { errors } = update(resourceQuotas, { metadata, spec: { scopes: ['BestEffort'] }, status: {} }, (quota) => {
    quota.spec.scopes = ['NotBestEffort']
  })
  assert.deepEqual(errors, ['spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable'])
})

test('the table of quotas shows used of hard', () => {
  const status = { hard: { pods: '10', 'limits.cpu': '4' }, used: { pods: '3' } }
  const shown = row(resourceQuotas, { metadata, spec: {}, status })
  assert.deepEqual([shown.Request, shown.Limit], ['pods: 3/10', 'limits.cpu: 0/4'])
})

test('the table of events shows when, what and whose', () => {
  const event: Event = {
    metadata,
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'a' },
    reason: 'Pulled',
    message: ' done \n',
    source: { component: 'kubelet', host: 'n1' },
    lastTimestamp: '2026-01-01T00:59:00Z',
    count: 2,
    type: 'Normal',
  }
  const shown = row(events, event)
  assert.deepEqual(
    [shown['Last Seen'], shown.Object, shown.Source, shown.Message, shown.Count],
    ['60s', 'pod/web', 'kubelet, n1', 'done', 2],
  )
})

test('the table of endpoints shows three and counts the rest', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((ip) => ({ ip }))
  const shown = row(endpoints, { metadata, subsets: [{ addresses, ports: [{ port: 80 }] }] })
  assert.equal(shown.Endpoints, '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...')
})

test('a config map that is too large is so as a whole', () => {
  const map: ConfigMap = { metadata, data: { a: 'x'.repeat(1024 * 1024 + 1) } }
  const found = configMaps.rules.validate?.(map)?.map(({ field, message }) => `${field}: ${message}`)
  assert.deepEqual(found, ['[]: Too long: may not be more than 1048576 bytes'])
})
