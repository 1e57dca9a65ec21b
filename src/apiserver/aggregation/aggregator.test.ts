import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import { silentLogger } from '../../base/log.ts'
import type { New } from '../../client/client.ts'
import { startBackend } from '../../testing/aggregated-backend.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import { testAuthority } from '../../testing/certificates.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { FakeInformer } from '../../testing/fake-informer.ts'
import { Aggregator } from './aggregator.ts'
import { availableCondition } from './availability.ts'

const GROUP = 'wardle.example.com'
const flunders = {
  kind: 'APIResourceList',
  groupVersion: `${GROUP}/v1`,
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['list'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
}

const json = (response: ServerResponse, value: object): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

/** An aggregator over hand-filled informers and a clock that stands still; writes go to a test API. */
async function aggregating(api: TestApi) {
  const frontProxy = await (await testAuthority()).issue({ commonName: 'front-proxy-client' }, ['client'])
  const parts = {
    apiServices: new FakeInformer<APIService>(),
    services: new FakeInformer<never>(),
    endpointSlices: new FakeInformer<never>(),
    clock: new FakeClock(),
  }
  const deps = { ...parts, client: api.client(), frontProxy: () => frontProxy, log: silentLogger }
  const aggregator = new Aggregator(deps)
  const stop = new AbortController()
  const running = aggregator.run(stop.signal)
  return {
    aggregator,
    ...parts,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

/** Stores an APIService and shows it to the aggregator; resolves with the condition that it comes to have. */
async function told(api: TestApi, service: APIService, informer: FakeInformer<APIService>, status: string) {
  const { apiServices } = api.client()
  const created = await apiServices.create(service as New<APIService>).catch(() => undefined)
  if (created) informer.put(created as APIService)
  return untilTold(api, service, informer, status)
}

async function untilTold(api: TestApi, service: APIService, informer: FakeInformer<APIService>, status: string) {
  const stop = new AbortController()
  const fieldSelector = `metadata.name=${service.metadata.name}`
  for await (const { object } of api.client().apiServices.watch({ fieldSelector }, stop.signal)) {
    const condition = availableCondition(object)
    if (condition?.status !== status) continue
    stop.abort()
    informer.put(object as APIService)
    return condition
  }
  throw new Error('the watch ended')
}

test('a backend that answers is available, discovered and served; one that is away is shown as stale', async () => {
  await using api = await startTestApi()
  await using backend = await startBackend({ request: (_request, response) => json(response, flunders) })
  await using parts = await aggregating(api)
  parts.services.put(backend.service as never)
  const service = backend.apiService(GROUP, 'v1')
  const passed = await told(api, service, parts.apiServices, 'True')
  assert.deepEqual([passed.reason, passed.message], ['Passed', 'all checks passed'])
  assert.equal(parts.aggregator.find(GROUP, 'v1')?.available, true)
  const [shown] = parts.aggregator.groupVersions
  assert.deepEqual([shown?.available, shown?.resources?.resources.length], [true, 2])

  await backend.close()
  await parts.clock.advance(30_000)
  const failed = await untilTold(api, service, parts.apiServices, 'False')
  const url = `https://127.0.0.1:${backend.port}/apis/${GROUP}/v1`
  const why = `Get "${url}": dial tcp 127.0.0.1:${backend.port}: connect: connection refused`
  const { reason, message } = failed
  assert.deepEqual([reason, message], ['FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`])
  const [stale] = parts.aggregator.groupVersions
  assert.deepEqual([stale?.available, stale?.resources?.resources.length], [false, 2])
  assert.equal(parts.aggregator.find(GROUP, 'v1')?.available, false)
})

test('an answer with an error status is told as such', async () => {
  await using api = await startTestApi()
  await using backend = await startBackend({ request: (_request, response) => void response.writeHead(403).end() })
  await using parts = await aggregating(api)
  parts.services.put(backend.service as never)
  const { message } = await told(api, backend.apiService(GROUP, 'v1'), parts.apiServices, 'False')
  const url = `https://127.0.0.1:${backend.port}/apis/${GROUP}/v1`
  assert.equal(message, `failing or missing response from ${url}: bad status from ${url}: 403`)
})

test('a Service that comes later is looked at when it comes', async () => {
  await using api = await startTestApi()
  await using backend = await startBackend({ request: (_request, response) => json(response, flunders) })
  await using parts = await aggregating(api)
  const service = backend.apiService(GROUP, 'v1')
  assert.equal((await told(api, service, parts.apiServices, 'False')).reason, 'ServiceNotFound')
  parts.services.put(backend.service as never)
  assert.equal((await untilTold(api, service, parts.apiServices, 'True')).reason, 'Passed')
})

test('an APIService without a Service is local, and no backend is looked for', async () => {
  await using api = await startTestApi()
  await using parts = await aggregating(api)
  const service = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.example.com' },
    spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 },
  } as APIService
  assert.equal((await told(api, service, parts.apiServices, 'True')).reason, 'Local')
  assert.equal(parts.aggregator.find('example.com', 'v1'), undefined)
  assert.equal(parts.clock.pending, 0)
})

test('what a deleted APIService delegated is no longer served', async () => {
  await using api = await startTestApi()
  await using backend = await startBackend({ request: (_request, response) => json(response, flunders) })
  await using parts = await aggregating(api)
  parts.services.put(backend.service as never)
  const service = backend.apiService(GROUP, 'v1')
  await told(api, service, parts.apiServices, 'True')
  parts.apiServices.remove({ name: service.metadata.name as string })
  assert.equal(parts.aggregator.find(GROUP, 'v1'), undefined)
  assert.deepEqual(parts.aggregator.groupVersions, [])
})
