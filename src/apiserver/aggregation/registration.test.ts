import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import { systemClock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { customDefinition, establish } from '../../testing/custom-definition.ts'
import { AUTOMANAGED, CustomRegistration } from './registration.ts'

const SPEC = { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 }

/** A test API whose custom resources are registered. */
async function registering() {
  const api = await startTestApi()
  const client = api.client()
  const informers = createInformers(client, { clock: systemClock, log: silentLogger })
  const { apiServices } = informers
  const { registry } = api.server
  const registration = new CustomRegistration({ client, apiServices, registry, clock: systemClock, log: silentLogger })
  const stop = new AbortController()
  const running = [informers.run(stop.signal), registration.run(stop.signal)]
  await apiServices.whenSynced(stop.signal)
  return {
    ...api,
    /** The first change of an APIService from now on of which this is true. */
    async next(isWanted: (type: string, service: DeepReadonly<APIService>) => boolean, name = 'v1.example.com') {
      const selected = { fieldSelector: `metadata.name=${name}` }
      for await (const { type, object } of client.apiServices.watch(selected, stop.signal)) {
        if (isWanted(type, object)) return object
      }
      throw new Error('the watch ended')
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running)
      await api[Symbol.asyncDispose]()
    },
  }
}

const isThere = (type: string, { spec }: DeepReadonly<APIService>): boolean =>
  type !== 'DELETED' && isDeepStrictEqual(spec, SPEC)

test('a group version of custom resources has an APIService as long as one of its kinds is served', async () => {
  await using api = await registering()
  const added = api.next(isThere)
  await establish(api, customDefinition())
  assert.deepEqual((await added).metadata.labels, { [AUTOMANAGED]: 'true' })
  const deleted = api.next((type) => type === 'DELETED')
  await api.client().customResourceDefinitions.delete({ name: 'widgets.example.com' })
  await deleted
})

test('an APIService of custom resources that somebody changes or deletes comes back', async () => {
  await using api = await registering()
  const { apiServices } = api.client()
  const added = api.next(isThere)
  await establish(api, customDefinition())
  const { uid } = (await added).metadata
  const name = 'v1.example.com'
  await apiServices.patch({ name }, { type: 'merge', body: { spec: { versionPriority: 5 } } })
  await api.next(isThere)
  await apiServices.delete({ name })
  await api.next((type, service) => isThere(type, service) && service.metadata.uid !== uid)
})

test('an APIService without the label is its owner’s', async () => {
  await using api = await registering()
  const { apiServices } = api.client()
  const spec = { ...SPEC, versionPriority: 5 }
  const name = 'v1.example.com'
  await apiServices.create({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec })
  await establish(api, customDefinition())
  await establish(api, customDefinition({ names: { plural: 'gadgets', kind: 'Gadget' }, versions: [{ name: 'v2' }] }))
  await api.next((type) => type === 'ADDED', 'v2.example.com') // everything was looked at since
  const { versionPriority } = (await apiServices.get({ name })).spec
  assert.equal(versionPriority, 5)
})
