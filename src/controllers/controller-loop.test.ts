import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '../api/types/core.v1.ts'
import { silentLogger } from '../base/log.ts'
import { Client, resources } from '../client/clientset.ts'
import { createInformers } from '../client/informers.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import type { Controller, Outcome, ReconcileDeps } from './controller.ts'
import { after, itself, settled, watch } from './controller.ts'
import { ControllerLoop } from './controller-loop.ts'

const configMap = (name: string) => ({ metadata: { name, namespace: 'ns' } }) as unknown as ConfigMap

async function setup(
  t: { after(stop: () => void): void },
  reconcile: Controller['reconcile'],
  extra: Partial<Controller> = {},
) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const informers = createInformers(new Client(api), { clock, log: silentLogger })
  const deps = { informers, clientFor: () => new Client(api), clock, log: silentLogger }
  const controller = { name: 'test', user: 'test', watches: [watch('configMaps', itself)], reconcile, ...extra }
  const loop = new ControllerLoop(controller, deps)
  const stop = new AbortController()
  t.after(() => stop.abort())
  informers.run(stop.signal)
  loop.run(stop.signal)
  await settle()
  return { api, clock, loop }
}

test('a failed key is tried again, a settled one is left alone', async (t) => {
  const seen: string[] = []
  const { api, clock } = await setup(t, async ({ name }) => {
    seen.push(name)
    if (seen.length < 3) throw new Error('not yet')
    return settled
  })
  api.put(resources.configMaps, configMap('a'))
  await clock.advance(60_000)
  assert.deepEqual(seen, ['a', 'a', 'a'])
})

test('a key is looked at again when its reconcile asked for it', async (t) => {
  const times: number[] = []
  const { api, clock } = await setup(t, async (_key, deps) => {
    times.push(deps.clock.monotonic())
    return times.length < 3 ? after(1000) : settled
  })
  api.put(resources.configMaps, configMap('a'))
  await clock.advance(10_000)
  assert.deepEqual(
    times.map((time) => time - (times[0] ?? 0)),
    [0, 1000, 2000],
  )
})

test('a key is not planned for again before the cache shows what its last plan wrote', async (t) => {
  const shown: boolean[] = []
  const name = { name: 'made', namespace: 'ns' }
  const makeOnce = async ({ name: key }: { name: string }, { client, listers }: ReconcileDeps): Promise<Outcome> => {
    if (key === 'made') return settled
    const there = listers.configMaps.get(name) !== undefined
    shown.push(there)
    if (!there) await client.configMaps.create(configMap('made'))
    return there ? settled : after(0)
  }
  const { api } = await setup(t, makeOnce)
  api.put(resources.configMaps, configMap('a'))
  await settle(10)
  assert.deepEqual(shown, [false, true])
})

test('after a write of unknown outcome the API is asked before the key is planned for again', async (t) => {
  let creates = 0
  const { api, clock } = await setup(t, async ({ name }, { client, listers }) => {
    const name2 = { name: 'made', namespace: 'ns' }
    if (name === 'made' || listers.configMaps.get(name2)) return settled
    await client.configMaps.create(configMap('made'))
    return settled
  })
  api.react(({ verb }) => {
    if (verb !== 'create') return
    creates++
    api.put(resources.configMaps, configMap('made'))
    throw new Error('the connection broke')
  })
  api.put(resources.configMaps, configMap('a'))
  await clock.advance(1000)
  assert.equal(creates, 1)
})

test('a controller that reads what it does not declare fails instead of seeing an empty cluster', async (t) => {
  let failure = ''
  const { api } = await setup(t, async (_key, { listers }) => {
    try {
      listers.pods.list()
    } catch (error) {
      failure = (error as Error).message
    }
    return settled
  })
  api.put(resources.configMaps, configMap('a'))
  await settle()
  assert.equal(failure, 'the controller does not declare that it reads pods')
})
