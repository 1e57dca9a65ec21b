import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApi } from '../../testing/api-server.ts'
import { customDefinition, establish } from '../../testing/custom-definition.ts'
import { discoverServed } from './discover-served.ts'
import type { RemoteVersion } from './remote.ts'

const { signal } = new AbortController()

test('custom resources are discovered while they are served, each in the first version that has it', async () => {
  await using api = await startTestApi()
  const discover = discoverServed({ definitions: () => api.server.registry.definitions, remote: () => [] })
  const found = async () => {
    const { resources } = await discover(signal)
    return resources.filter(({ group }) => group === 'example.com').map(({ version, plural }) => `${version} ${plural}`)
  }
  assert.deepEqual(await found(), [])
  await establish(api, customDefinition({ versions: [{}, {}] }))
  await establish(
    api,
    customDefinition({ names: { plural: 'gadgets', kind: 'Gadget' }, versions: [{ name: 'v1alpha1' }] }),
  )
  assert.deepEqual(await found(), ['v2 widgets', 'v1alpha1 gadgets'])
})

test('built-in resources are discovered once, in a stable version', async () => {
  await using api = await startTestApi()
  const { definitions } = api.server.registry
  const { resources } = await discoverServed({ definitions: () => definitions, remote: () => [] })(signal)
  const scalers = resources.filter(({ plural }) => plural === 'horizontalpodautoscalers')
  assert.deepEqual(
    scalers.map(({ version }) => version),
    ['v2'],
  )
})

test('what another server serves and cannot be asked about is told as failed', async () => {
  const down: RemoteVersion = {
    group: 'a.example.com',
    version: 'v1',
    groupPriority: 1,
    versionPriority: 1,
    available: false,
  }
  const up = { ...down, group: 'b.example.com', available: true }
  const { failed } = await discoverServed({ definitions: () => [], remote: () => [down, up] })(signal)
  assert.deepEqual([...failed], [['a.example.com/v1', 'stale GroupVersion discovery: a.example.com/v1']])
})
