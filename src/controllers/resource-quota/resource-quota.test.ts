import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { ResourceQuotaController } from './resource-quota.ts'

const pod = (name: string, rest: object = {}) => ({
  metadata: { name, namespace: 'ns', uid: name },
  spec: { containers: [{ name: 'c' }] },
  ...rest,
})
const quota = (hard: Record<string, string>, rest: object = {}) => ({
  metadata: { name: 'q', namespace: 'ns' },
  spec: { hard },
  ...rest,
})

async function bench(t: { after(stop: () => void): void }) {
  const made = controllerBench(t)
  const { informers, client, clock } = made
  const controller = new ResourceQuotaController({ informers, clientFor: () => client, clock, log: silentLogger })
  const stop = new AbortController()
  t.after(() => stop.abort())
  const run = async () => {
    controller.run(stop.signal).catch((error) => assert.ok(stop.signal.aborted, error))
    await made.rest()
    await made.rest()
  }
  return { ...made, run, status: () => made.all('resourceQuotas')[0]?.status }
}

test('a new quota is told what is used; what nobody serves is not counted', async (t) => {
  const { put, run, status } = await bench(t)
  put('pods', pod('a'), pod('b', { status: { phase: 'Failed' } }))
  put('configMaps', { metadata: { name: 'c', namespace: 'ns' } }, { metadata: { name: 'd', namespace: 'elsewhere' } })
  const hard = { pods: '9', 'count/pods': '5', configmaps: '1', secrets: '3', 'count/nosuch.example.com': '1' }
  put('resourceQuotas', quota(hard))
  await run()
  assert.deepEqual(status(), { hard, used: { pods: '1', 'count/pods': '2', configmaps: '1', secrets: '0' } })
})

test('what goes or ends is taken off; what comes is left to admission', async (t) => {
  const { put, run, status, client, rest } = await bench(t)
  put('pods', pod('a'), pod('b'), pod('c'))
  put('resourceQuotas', quota({ pods: '9' }))
  await run()
  put('pods', pod('d'))
  await rest()
  assert.deepEqual(status()?.used, { pods: '3' })
  put('pods', pod('a', { status: { phase: 'Succeeded' } }))
  await client.pods.delete({ name: 'b', namespace: 'ns' })
  await rest()
  assert.deepEqual(status()?.used, { pods: '2' })
})

test('another limit holds at once, and a limit that is gone is forgotten', async (t) => {
  const { put, run, status, rest, all } = await bench(t)
  put('resourceQuotas', quota({ pods: '9', secrets: '1' }))
  await run()
  put('resourceQuotas', { ...quota({ pods: '2' }), status: all('resourceQuotas')[0]?.status as never })
  await rest()
  assert.deepEqual(status(), { hard: { pods: '2' }, used: { pods: '0' } })
})

test('five minutes later everything is counted again', async (t) => {
  const { put, run, status, rest, clock } = await bench(t)
  put('resourceQuotas', quota({ pods: '9' }))
  await run()
  put('pods', pod('a'))
  clock.advance(300_000)
  await rest()
  assert.deepEqual(status()?.used, { pods: '1' })
})

test('custom resources are counted while their definition serves them', async (t) => {
  const { put, run, status, rest, api } = await bench(t)
  const hard = { 'count/gizmos.example.com': '5' }
  put('resourceQuotas', quota(hard))
  await run()
  assert.deepEqual(status(), { hard, used: {} })
  const gizmos = { group: 'example.com', version: 'v2', plural: 'gizmos' }
  api.put(gizmos, { metadata: { name: 'g', namespace: 'ns' } } as never)
  const definition = {
    metadata: { name: 'gizmos.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      versions: [
        { name: 'v1', served: false },
        { name: 'v2', served: true },
      ],
    },
  }
  put('customResourceDefinitions', definition as never)
  const established = { conditions: [{ type: 'Established', status: 'True' }] }
  put('customResourceDefinitions', { ...definition, status: established } as never)
  await rest()
  await rest()
  assert.deepEqual(status()?.used, { 'count/gizmos.example.com': '1' })
})
