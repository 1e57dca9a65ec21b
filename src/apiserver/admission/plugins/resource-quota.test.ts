import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../../../api/resource.ts'
import { conflict } from '../../../api/status-error.ts'
import type { ResourceQuota } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { resourceQuota } from './resource-quota.ts'

type Quota = DeepReadonly<ResourceQuota>
type Amounts = Record<string, string>

const quota = (name: string, hard: Amounts, used: Amounts, spec: ResourceQuota['spec'] = {}): ResourceQuota =>
  ({ metadata: { name, namespace: 'ns', uid: name, resourceVersion: '1' }, spec, status: { hard, used } }) as never

/** The plugin over quotas that live in a store of their own; the lister shows their first state. */
function bench(...quotas: ResourceQuota[]) {
  const stored = new Map<string, Quota>(quotas.map((one) => [one.metadata.name ?? '', one]))
  let writes = 0
  const client = {
    get: async ({ name }: { name: string }) => stored.get(name) as Quota,
    updateStatus: async (next: ResourceQuota) => {
      const name = next.metadata.name ?? ''
      const current = stored.get(name) as Quota
      if (current.metadata.resourceVersion !== next.metadata.resourceVersion) {
        throw conflict({ group: '', plural: 'resourcequotas' }, name, 'changed')
      }
      writes++
      const resourceVersion = String(Number(current.metadata.resourceVersion) + 1)
      const written = { ...next, metadata: { ...next.metadata, resourceVersion } } as Quota
      stored.set(name, written)
      return written
    },
  }
  const plugin = resourceQuota({
    resourceQuotas: new FakeInformer(...quotas).lister,
    client: { resourceQuotas: client } as never,
    clock: new FakeClock(),
  })
  const create = (plural: string, object: object, extra: object = {}) =>
    admit(plugin, admissionRequest('CREATE', plural, { object: object as ApiObject, ...extra }))
  const update = (plural: string, old: object, object: object) =>
    admit(plugin, admissionRequest('UPDATE', plural, { object: object as ApiObject, old: old as ApiObject }))
  const used = (name: string) => stored.get(name)?.status?.used
  return { plugin, stored, create, update, used, writes: () => writes }
}

const pod = (name: string, requests?: Amounts) => ({
  metadata: { name, namespace: 'ns' },
  spec: { containers: [{ name: 'c', ...(requests && { resources: { requests } }) }] },
})
const service = (type: string, ports: number, resourceVersion = '1') => ({
  metadata: { name: 's', namespace: 'ns', resourceVersion },
  spec: { type, ports: Array.from({ length: ports }, () => ({ port: 80 })) },
})

test('what a pod uses is in the quota before the pod is stored, and the next is refused', async () => {
  const { create, used } = bench(quota('q', { pods: '1', 'requests.cpu': '2' }, { pods: '0', 'requests.cpu': '500m' }))
  assert.equal(await create('pods', pod('a', { cpu: '1' })), 'admitted')
  assert.deepEqual(used('q'), { pods: '1', 'requests.cpu': '1500m' })
  assert.equal(
    await create('pods', pod('b', { cpu: '1' })),
    '403 pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=1, used: pods=1,requests.cpu=1500m, limited: pods=1,requests.cpu=2',
  )
  assert.deepEqual(used('q'), { pods: '1', 'requests.cpu': '1500m' })
})

test('pods that come at once are charged together, as many as fit', async () => {
  const { create, used, writes } = bench(quota('q', { pods: '3' }, { pods: '0' }))
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => create('pods', pod(name))))
  assert.deepEqual(
    answers.map((answer) => answer === 'admitted'),
    [true, true, true, false, false],
  )
  assert.deepEqual([used('q'), writes()], [{ pods: '3' }, 2])
})

test('a quota that somebody else changed is read again', async () => {
  const { create, used, stored } = bench(quota('q', { pods: '3' }, { pods: '0' }))
  const newer = quota('q', { pods: '3' }, { pods: '2' })
  stored.set('q', { ...newer, metadata: { ...newer.metadata, resourceVersion: '7' } } as Quota)
  assert.equal(await create('pods', pod('a')), 'admitted')
  assert.deepEqual(used('q'), { pods: '3' })
  assert.match(await create('pods', pod('b')), /exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3/)
})

test('a quota that others change all the while is a conflict, after which a client may try again', async () => {
  const { create, stored } = bench(quota('q', { pods: '3' }, { pods: '0' }))
  const changing = stored.get('q') as Quota
  let reads = 1
  stored.get = () => ({ ...changing, metadata: { ...changing.metadata, resourceVersion: String(++reads) } }) as Quota
  assert.match(await create('pods', pod('a')), /Operation cannot be fulfilled on resourcequotas "q": changed/)
})

test('a dry run is checked and not charged', async () => {
  const { create, used } = bench(quota('q', { pods: '1' }, { pods: '0' }))
  assert.equal(await create('pods', pod('a'), { dryRun: true }), 'admitted')
  assert.deepEqual(used('q'), { pods: '0' })
})

test('an update is charged for what it uses more, and gives nothing back', async () => {
  const { update, used } = bench(quota('q', { 'services.nodeports': '3' }, { 'services.nodeports': '2' }))
  assert.equal(await update('services', service('NodePort', 2), service('NodePort', 3)), 'admitted')
  assert.deepEqual(used('q'), { 'services.nodeports': '3' })
  assert.equal(await update('services', service('NodePort', 3), service('ClusterIP', 3)), 'admitted')
  assert.match(
    await update('services', service('ClusterIP', 1), service('NodePort', 1)),
    /requested: services.nodeports=1, used: services.nodeports=3, limited: services.nodeports=3$/,
  )
})

const refusals: [what: string, hard: Amounts, used: Amounts, object: object, want: string][] = [
  [
    'does not say what its containers need',
    { 'limits.memory': '1Gi', 'requests.cpu': '1' },
    { 'limits.memory': '0', 'requests.cpu': '0' },
    pod('a'),
    'failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
  ],
  [
    'meets a quota that is not counted yet',
    { pods: '1' },
    {},
    pod('a'),
    'status unknown for quota: q, resources: pods',
  ],
]
for (const [what, hard, used, object, want] of refusals) {
  test(`a pod that ${what} is refused`, async () => {
    const { create } = bench(quota('q', hard, used))
    assert.equal(await create('pods', object), `403 pods "a" is forbidden: ${want}`)
  })
}

test('quotas of other scopes, other resources and no status do not count', async () => {
  const { create, writes } = bench(
    quota('scoped', { pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] }),
    quota('other', { secrets: '0' }, { secrets: '0' }),
    { metadata: { name: 'new', namespace: 'ns', uid: 'new' }, spec: { hard: { pods: '0' } }, status: {} } as never,
  )
  assert.equal(await create('pods', pod('a')), 'admitted')
  assert.equal(writes(), 0)
})

test('subresources, events and namespaces without quotas are not looked at', () => {
  const { plugin } = bench(quota('q', { pods: '0', 'count/events': '0' }, { pods: '0', 'count/events': '0' }))
  const handles = (resource: string, namespace: string) =>
    plugin.handles(admissionRequest('CREATE', resource, { namespace, name: 'x' }))
  assert.deepEqual(
    [handles('pods/binding', 'ns'), handles('events', 'ns'), handles('pods', 'elsewhere'), handles('pods', 'ns')],
    [false, false, false, true],
  )
})
