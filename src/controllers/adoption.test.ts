import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicaSet } from '../api/types/apps.v1.ts'
import type { Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { Client, resources } from '../client/clientset.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { applyClaims, claims } from './adoption.ts'

const kind = { apiVersion: 'apps/v1', kind: 'ReplicaSet' }
const reference = { ...kind, name: 'rs', uid: 'uid-rs', controller: true, blockOwnerDeletion: true }
const { signal } = new AbortController()

function owner(metadata: object = {}): ReplicaSet {
  const names = { name: 'rs', namespace: 'ns', uid: 'uid-rs', resourceVersion: '1', creationTimestamp: '' }
  return { metadata: { ...names, ...metadata }, spec: { selector: {} }, status: { replicas: 0 } }
}

function pod(name: string, metadata: object = {}): Pod {
  const names = { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' }
  return { metadata: { ...names, labels: { app: 'w' }, ...metadata }, spec: { containers: [] }, status: {} }
}

const matches = ({ metadata }: DeepReadonly<Pod>) => metadata.labels?.app === 'w'
const deletionTimestamp = '2026-01-01T00:00:00Z'
const other = { labels: { app: 'other' } }
const ours = { ownerReferences: [reference] }
const theirs = { ownerReferences: [{ ...reference, uid: 'uid-another' }] }

const cases = [
  { title: 'ours that match', owner: owner(), pod: pod('p', ours), want: 'owned' },
  { title: 'ours that match no more', owner: owner(), pod: pod('p', { ...ours, ...other }), want: 'release' },
  { title: 'orphans that match', owner: owner(), pod: pod('p'), want: 'adopt' },
  { title: 'orphans that do not match', owner: owner(), pod: pod('p', other), want: 'none' },
  { title: 'orphans being deleted', owner: owner(), pod: pod('p', { deletionTimestamp }), want: 'none' },
  { title: 'others’', owner: owner(), pod: pod('p', theirs), want: 'none' },
  { title: 'ours while the owner is deleted', owner: owner({ deletionTimestamp }), pod: pod('p', ours), want: 'owned' },
  { title: 'orphans while the owner is deleted', owner: owner({ deletionTimestamp }), pod: pod('p'), want: 'none' },
  {
    title: 'ours that match no more while the owner is deleted',
    owner: owner({ deletionTimestamp }),
    pod: pod('p', { ...ours, ...other }),
    want: 'none',
  },
]
for (const { title, owner, pod, want } of cases) {
  test(`claims: ${title}`, () => {
    const lists = Object.entries(claims<Pod>(owner, [pod], matches)).filter(([, pods]) => pods.length > 0)
    assert.deepEqual(lists.map(([list]) => list).join() || 'none', want)
  })
}

function world(present: ReplicaSet | undefined, ...pods: Pod[]) {
  const api = new FakeApi()
  const client = new Client(api)
  if (present) api.put(resources.replicaSets, present)
  for (const each of pods) api.put(resources.pods, each)
  const deps = { owner: owner(), kind, owners: client.replicaSets, dependents: client.pods, signal }
  const claim = (cached: readonly Pod[]) => applyClaims<Pod, ReplicaSet>(claims<Pod>(owner(), cached, matches), deps)
  const patches = () => api.requests.filter(({ verb }) => verb === 'patch').map(({ body }) => body)
  return { api, claim, patches }
}

test('adopted pods name their owner, released ones no more; all that is owned is returned', async () => {
  const pods = [pod('kept', ours), pod('orphan'), pod('lost', { ...ours, ...other })]
  const { claim, patches } = world(owner(), ...pods)
  const owned = await claim(pods)
  assert.deepEqual(
    owned.map(({ metadata }) => metadata.name),
    ['kept', 'orphan'],
  )
  assert.deepEqual(patches(), [
    { metadata: { ownerReferences: [reference], uid: 'uid-orphan' } },
    { metadata: { ownerReferences: [{ $patch: 'delete', uid: 'uid-rs' }], uid: 'uid-lost' } },
  ])
})

const gone = [
  {
    title: 'is being deleted',
    present: owner({ deletionTimestamp, finalizers: ['x/y'] }),
    error: /has just been deleted/,
  },
  { title: 'is another one by now', present: owner({ uid: 'uid-new' }), error: /original ReplicaSet ns\/rs is gone/ },
]
for (const { title, present, error } of gone) {
  test(`nothing is adopted when the API says that the owner ${title}`, async () => {
    const { claim, patches } = world(present, pod('orphan'))
    await assert.rejects(claim([pod('orphan')]), error)
    assert.deepEqual(patches(), [])
  })
}

test('a pod that vanished before it was adopted is left out', async () => {
  const { claim } = world(owner())
  assert.deepEqual(await claim([pod('orphan')]), [])
})
