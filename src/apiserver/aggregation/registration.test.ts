import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import { systemClock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { silentLogger } from '../../base/log.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { customDefinition, establish } from '../../testing/custom-definition.ts'
import { AUTOMANAGED, CustomRegistration } from './registration.ts'

test('a group version of custom resources has an APIService as long as one of its kinds is served', async () => {
  await using api = await startTestApi()
  const { apiServices, customResourceDefinitions } = api.client()
  const stop = new AbortController()
  const { registry } = api.server
  const running = new CustomRegistration({
    client: api.client(),
    registry,
    clock: systemClock,
    log: silentLogger,
  }).run(stop.signal)
  const until = async (wanted: string): Promise<DeepReadonly<APIService>> => {
    const fieldSelector = 'metadata.name=v1.example.com'
    for await (const { type, object } of apiServices.watch({ fieldSelector }, stop.signal)) {
      if (type === wanted) return object
    }
    throw new Error('the watch ended')
  }
  const added = until('ADDED')
  await establish(api, customDefinition())
  const { metadata, spec } = await added
  assert.deepEqual(metadata.labels, { [AUTOMANAGED]: 'true' })
  assert.deepEqual(spec, { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 })
  const deleted = until('DELETED')
  await customResourceDefinitions.delete({ name: 'widgets.example.com' })
  await deleted
  stop.abort()
  await running
})
