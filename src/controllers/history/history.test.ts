import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ControllerRevision, DaemonSet } from '../../api/types/apps.v1.ts'
import { silentLogger } from '../../base/log.ts'
import { silentRecorder } from '../../client/events.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import type { ReconcileDeps } from '../controller.ts'
import { listersOf } from '../listers.ts'
import { keepHistory, newRevision, surplusRevisions, templateOf } from './history.ts'

const KIND = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  hashLabel: 'controller-revision-hash',
  owners: ({ client }: ReconcileDeps) => client.daemonSets as never,
}

async function setup(t: { after(stop: () => void): void }) {
  const api = await startTestApi()
  const clock = new FakeClock(Date.now())
  const client = api.client()
  const informers = createInformers(client, { clock, log: silentLogger })
  const listers = listersOf(informers, ['controllerRevisions'])
  informers.controllerRevisions.revision()
  const stop = new AbortController()
  const ended = Promise.allSettled([informers.run(stop.signal)])
  t.after(async () => {
    stop.abort()
    await ended
    await api[Symbol.asyncDispose]()
  })
  const deps = { client, listers, events: silentRecorder, clock, log: silentLogger, signal: stop.signal }
  return { client, deps, rest: () => settle(60) }
}

const daemonSet = (image: string): object => ({
  metadata: { name: 'd', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image }] } },
  },
})

test('equal templates share a revision; going back renumbers the old one', async (t) => {
  const { client, deps, rest } = await setup(t)
  const first = await client.daemonSets.create(daemonSet('img:1') as never)
  const made = await keepHistory(first, KIND, deps)
  await rest()
  const second = await client.daemonSets.update({ ...first, spec: (daemonSet('img:2') as DaemonSet).spec } as never)
  const changed = await keepHistory(second, KIND, deps)
  await rest()
  const back = await keepHistory(first, KIND, deps)
  assert.deepEqual(
    [made, changed, back].map(({ current, revisions }) => [current.revision, revisions.length]),
    [
      [1, 1],
      [2, 2],
      [3, 2],
    ],
  )
  assert.equal(back.current.metadata.name, made.current.metadata.name)
})

test('a name that another template has taken raises the collision count', async (t) => {
  const { client, deps, rest } = await setup(t)
  const set = await client.daemonSets.create(daemonSet('img:1') as never)
  const { data: _data, ...taken } = newRevision(set, KIND, 1, 0)
  const other = { spec: { template: { spec: { containers: [{ name: 'c', image: 'img:9' }] } } } }
  const { ownerReferences: _owners, labels: _labels, ...metadata } = taken.metadata
  await client.controllerRevisions.create({ ...taken, metadata, data: other } as never)
  await rest()
  const { current, collisionCount } = await keepHistory(set, KIND, deps)
  assert.equal(collisionCount, 1)
  assert.notEqual(current.metadata.name, metadata.name)
  assert.equal(templateOf(current).spec?.containers[0]?.image, 'img:1')
  const again = client.controllerRevisions.get({ name: metadata.name ?? '', namespace: 'default' })
  assert.equal(
    await again.then(
      () => 'kept',
      (error) => hasReason(error, Reason.NotFound),
    ),
    'kept',
  )
})

test('the oldest revisions that nothing refers to are surplus', () => {
  const revisions = [1, 2, 3, 4].map(
    (revision) => ({ metadata: { name: `r${revision}` }, revision }) as ControllerRevision,
  )
  const history = { revisions, current: revisions[3] as ControllerRevision, collisionCount: 0 }
  const names = surplusRevisions(history, new Set(['r1', 'r4']), 1).map(({ metadata }) => metadata.name)
  assert.deepEqual(names, ['r2'])
})
