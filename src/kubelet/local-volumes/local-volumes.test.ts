import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { Client, resources } from '../../client/clientset.ts'
import { createInformers } from '../../client/informers.ts'
import { FakeApi } from '../../testing/fake-api.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { LocalVolumes } from './local-volumes.ts'

const released = (name: string, host: string) => ({
  kind: 'PersistentVolume',
  apiVersion: 'v1',
  metadata: {
    name,
    annotations: { 'pv.kubernetes.io/provisioned-by': 'navarch.io/local-path' },
    finalizers: ['navarch.io/local-path'],
  },
  spec: {
    hostPath: { path: `/volumes/${name}` },
    persistentVolumeReclaimPolicy: 'Delete',
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] }],
      },
    },
  },
  status: { phase: 'Released' },
})

/** The component of node `n`; removing fails for as long as `failure.message` is set. */
function setup(t: TestContext) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const client = new Client(api)
  const informers = createInformers(client, { clock, log: silentLogger })
  const failure: { message?: string } = {}
  const told: string[] = []
  const removed = new Set<string>()
  const volumes = new LocalVolumes({
    client,
    volumes: informers.persistentVolumes,
    isOurs: (host) => host === 'n',
    directories: {
      prepare: () => Promise.resolve(),
      remove: async (path) => {
        if (failure.message) throw new Error(failure.message)
        removed.add(path)
      },
    },
    events: { normal() {}, warning: (_subject, reason, message) => told.push(`${reason}: ${message}`) },
    clock,
    log: silentLogger,
  })
  const stop = new AbortController()
  t.after(() => stop.abort())
  void informers.run(stop.signal)
  void volumes.run(stop.signal).catch((error) => assert.ok(stop.signal.aborted, error))
  const left = () => api.all(resources.persistentVolumes).map(({ metadata }) => metadata?.name)
  return { api, clock, failure, told, removed, left }
}

test('a volume of this node that was given back goes, directory first; others stay', async (t) => {
  const { api, removed, left } = setup(t)
  api.put(resources.persistentVolumes, released('mine', 'n'))
  api.put(resources.persistentVolumes, released('theirs', 'm'))
  await settle(12)
  assert.deepEqual([[...removed], left()], [['/volumes/mine'], ['theirs']])
})

test('a directory that cannot be removed is told of and tried again; the volume stays until then', async (t) => {
  const { api, clock, failure, told, left } = setup(t)
  failure.message = 'busy'
  api.put(resources.persistentVolumes, released('mine', 'n'))
  await settle(12)
  assert.deepEqual([told, left()], [['VolumeFailedDelete: busy'], ['mine']])
  delete failure.message
  await clock.advance(1000)
  await settle(12)
  assert.deepEqual(left(), [])
})
