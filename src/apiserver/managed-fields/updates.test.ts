import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../api/types/apps.v1.ts'
import type { ConfigMap, Pod } from '../../api/types/core.v1.ts'
import type { ManagedFieldsEntry } from '../../api/types/meta.v1.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { customClient, customDefinition, customObject, establish } from '../../testing/custom-definition.ts'
import { FakeClock } from '../../testing/fake-clock.ts'

type Managed = DeepReadonly<{ metadata: { managedFields?: ManagedFieldsEntry[] } }>

/** Who owns what: `manager operation version[/subresource]` → fieldsV1. */
function owners({ metadata }: Managed): Record<string, unknown> {
  const entries = metadata.managedFields ?? []
  return Object.fromEntries(
    entries.map(({ manager, operation, apiVersion, subresource, fieldsV1 }) => [
      [manager, operation, apiVersion, ...(subresource ? [subresource] : [])].join(' '),
      fieldsV1,
    ]),
  )
}

const at = { namespace: 'a', name: 'x' }
const map = (data: Record<string, string>): New<ConfigMap> =>
  ({ metadata: { ...at, labels: { app: 'x' } }, data }) as unknown as New<ConfigMap>

const merge = (body: object, subresource?: string) =>
  ({ type: 'merge', body, ...(subresource && { subresource }) }) as const

test('who creates an object owns what it set, and nothing that identifies the object', async () => {
  await using api = await startTestApi({ clock: new FakeClock() })
  const created = await api.client().configMaps.create(map({ k: '1' }), { fieldManager: 'maker' })
  assert.deepEqual(created.metadata.managedFields, [
    {
      manager: 'maker',
      operation: 'Update',
      apiVersion: 'v1',
      time: created.metadata.creationTimestamp,
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:data': { '.': {}, 'f:k': {} },
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      },
    },
  ])
})

const parts: [user: string, manager: string][] = [
  ['system:serviceaccount:kube-system:deployment-controller', 'kube-controller-manager'],
  ['system:kube-scheduler', 'kube-scheduler'],
  ['system:node:one', 'kubelet'],
  ['system:apiserver', 'kube-apiserver'],
]

for (const [name, manager] of parts) {
  test(`${name} writes as ${manager}`, async () => {
    await using api = await startTestApi()
    const created = await api.client({ name, groups: [] }).configMaps.create(map({}))
    assert.deepEqual(Object.keys(owners(created)), [`${manager} Update v1`])
  })
}

test('an update owns what it changes, and takes that from others', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create(map({ kept: '1', changed: '1', removed: '1' }), { fieldManager: 'maker' })
  const next = map({ kept: '1', changed: '2', added: '2' }) as ConfigMap
  assert.deepEqual(owners(await configMaps.update(next, { fieldManager: 'changer' })), {
    'changer Update v1': { 'f:data': { 'f:added': {}, 'f:changed': {} } },
    'maker Update v1': {
      'f:data': { '.': {}, 'f:kept': {} },
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    },
  })
})

test('an update that changes nothing is not written, whoever makes it', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const created = await configMaps.create(map({ k: '1' }), { fieldManager: 'maker' })
  const same = await configMaps.update(map({ k: '1' }) as ConfigMap, { fieldManager: 'other' })
  assert.deepEqual(same, created)
})

test('the time of a manager is that of the last update by which it set something', async () => {
  const clock = new FakeClock()
  await using api = await startTestApi({ clock })
  const { configMaps } = api.client()
  await configMaps.create(map({ a: '1', b: '1' }), { fieldManager: 'm' })
  const timeAfter = async (body: object): Promise<string | undefined> => {
    await clock.advance(60_000)
    const { metadata } = await configMaps.patch(at, merge(body), { fieldManager: 'm' })
    return metadata.managedFields?.[0]?.time
  }
  const first = (await configMaps.get(at)).metadata.managedFields?.[0]?.time
  assert.equal(await timeAfter({ data: { b: null } }), first, 'taking a field away sets nothing')
  assert.notEqual(await timeAfter({ data: { a: '2' } }), first)
})

test('status belongs to who writes status, and nothing else does', async () => {
  await using api = await startTestApi()
  const { resourceQuotas } = api.client()
  await resourceQuotas.create(
    { metadata: at, spec: { hard: { pods: '1' } }, status: { used: { pods: '9' } } } as never,
    {
      fieldManager: 'maker',
    },
  )
  await resourceQuotas.patch(at, merge({ metadata: { labels: { l: 'x' } }, status: { used: { pods: '8' } } }), {
    fieldManager: 'labeler',
  })
  const updated = await resourceQuotas.patch(
    at,
    merge({ spec: { hard: { pods: '7' } }, status: { used: { pods: '0' } } }, 'status'),
    { fieldManager: 'counter' },
  )
  assert.deepEqual(owners(updated), {
    'counter Update v1 status': { 'f:status': { 'f:used': { '.': {}, 'f:pods': {} } } },
    'labeler Update v1': { 'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } } },
    'maker Update v1': { 'f:spec': { 'f:hard': { '.': {}, 'f:pods': {} } } },
  })
})

test('through ephemeralcontainers nothing but these is owned', async () => {
  await using api = await startTestApi()
  const { pods } = api.client()
  const pod = { metadata: at, spec: { containers: [{ name: 'c', image: 'i' }] } } as unknown as New<Pod>
  await pods.create(pod, { fieldManager: 'maker' })
  const debug = { name: 'd', image: 'busybox' }
  const patched = await pods.patch(
    at,
    { type: 'strategic', subresource: 'ephemeralcontainers', body: { spec: { ephemeralContainers: [debug] } } },
    { fieldManager: 'debugger' },
  )
  const { 'f:spec': spec } = owners(patched)['debugger Update v1 ephemeralcontainers'] as Record<string, object>
  assert.deepEqual(Object.keys(spec ?? {}), ['f:ephemeralContainers'])
})

test('entries that a client leaves out stay, those that are no entries count for nothing', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const created = await configMaps.create(map({ k: '1' }), { fieldManager: 'maker' })
  const managedFields = [{ manager: 'forger', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV2' }]
  const forged = { ...editable<ConfigMap>(created), metadata: { ...created.metadata, managedFields } } as ConfigMap
  assert.deepEqual(owners(await configMaps.update(forged)), owners(created))
})

test('valid entries of a client take the place of the stored ones', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create(map({ k: '1' }), { fieldManager: 'maker' })
  const entry = {
    manager: 'm',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': {} },
  }
  const patched = await configMaps.patch(at, merge({ metadata: { managedFields: [entry] } }))
  assert.deepEqual(patched.metadata.managedFields, [entry])
})

for (const [what, managedFields] of [
  ['an empty list', []],
  ['an empty entry', [{}]],
] as const) {
  test(`${what} ends the keeping of managedFields until something is applied`, async () => {
    await using api = await startTestApi()
    const { configMaps } = api.client()
    await configMaps.create(map({ k: '1' }))
    const emptied = await configMaps.patch(at, merge({ metadata: { managedFields } }))
    assert.equal(emptied.metadata.managedFields, undefined)
    const changed = await configMaps.patch(at, merge({ data: { k: '2' } }))
    assert.equal(changed.metadata.managedFields, undefined)
  })
}

test('after ten updaters the oldest are taken together', async () => {
  const clock = new FakeClock()
  await using api = await startTestApi({ clock })
  const { configMaps } = api.client()
  await configMaps.create(map({ k0: '1' }), { fieldManager: 'm0' })
  for (let number = 1; number <= 11; number++) {
    await clock.advance(1000)
    await configMaps.patch(at, merge({ data: { [`k${number}`]: '1' } }), { fieldManager: `m${number}` })
  }
  const found = owners(await configMaps.get(at))
  const updaters = Array.from({ length: 9 }, (_, index) => `m${index + 3} Update v1`)
  assert.deepEqual(Object.keys(found).sort(), ['ancient-changes Update v1', ...updaters].sort())
  assert.deepEqual(found['ancient-changes Update v1'], {
    'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} },
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
  })
})

test('of a custom resource, fields are owned as its schema tells them apart', async () => {
  await using api = await startTestApi()
  const list = { type: 'array', items: { type: 'string' } } as const
  const spec = {
    type: 'object',
    properties: { set: { ...list, 'x-kubernetes-list-type': 'set' }, plain: list },
  } as const
  const openAPIV3Schema = { type: 'object', properties: { spec, status: { type: 'object' } } } as const
  await establish(api, customDefinition({ versions: [{ schema: { openAPIV3Schema } as never }] }))
  const widgets = customClient(api)
  const created = await widgets.create(customObject('x', { spec: { set: ['a'], plain: ['b'] } }), { fieldManager: 'm' })
  assert.deepEqual(owners(created), {
    'm Update example.com/v1': { 'f:spec': { '.': {}, 'f:plain': {}, 'f:set': { '.': {}, 'v:"a"': {} } } },
  })
})

test('an update in one version takes from who wrote in another', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{}, { storage: false }] }))
  const object = customObject('x', { spec: { size: 1, color: 'red' } })
  await customClient(api).create(object, { fieldManager: 'first' })
  const second = customClient(api, 'widgets', 'v2')
  const inSecond = { namespace: object.metadata.namespace as string, name: 'x' }
  const updated = await second.patch(inSecond, merge({ spec: { size: 2 } }), { fieldManager: 'second' })
  assert.deepEqual(owners(updated), {
    'first Update example.com/v1': { 'f:spec': { '.': {}, 'f:color': {} } },
    'second Update example.com/v2': { 'f:spec': { 'f:size': {} } },
  })
})

test('who scales an object owns its replicas', async () => {
  await using api = await startTestApi()
  const { deployments } = api.client()
  const labels = { a: 'b' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const deployment = { metadata: at, spec: { replicas: 1, selector: { matchLabels: labels }, template } }
  await deployments.create(deployment as unknown as New<Deployment>, { fieldManager: 'maker' })
  await deployments.patch(at, merge({ spec: { replicas: 3 } }, 'scale'), { fieldManager: 'scaler' })
  const found = owners(await deployments.get(at)) as Record<string, Record<string, object>>
  assert.deepEqual(found['scaler Update apps/v1 scale'], { 'f:spec': { 'f:replicas': {} } })
  assert.equal('f:replicas' in (found['maker Update apps/v1']?.['f:spec'] ?? {}), false)
})
