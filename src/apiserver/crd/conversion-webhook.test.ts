import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import {
  type AnyObject,
  customClient,
  customDefinition,
  customObject,
  establish,
} from '../../testing/custom-definition.ts'
import {
  startWebhook,
  type WebhookAnswer,
  type WebhookRequest,
  type WebhookServer,
} from '../../testing/webhook-server.ts'
import { encodeStored } from '../watch-cache/stored-value.ts'

interface Review {
  apiVersion: string
  request: { uid: string; desiredAPIVersion: string; objects: AnyObject[] }
}

/** v1 has spec.host "a:1", v2 has spec.host "a" and spec.port 1. */
function converted(object: AnyObject, apiVersion: string): AnyObject {
  const { host, port } = object.spec as { host: string; port?: number }
  if (apiVersion.endsWith('/v1')) return { ...object, apiVersion, spec: { host: `${host}:${port}` } }
  const [name, number] = host.split(':')
  return { ...object, apiVersion, spec: { host: name, port: Number(number) } }
}

const answerTo = (
  { body }: WebhookRequest,
  change: (object: AnyObject) => unknown = (object) => object,
): WebhookAnswer => {
  const { apiVersion, request } = body as Review
  const objects = request.objects.map((object) => change(converted(object, request.desiredAPIVersion)))
  const response = { uid: request.uid, result: { status: 'Success' }, convertedObjects: objects }
  return { kind: 'ConversionReview', apiVersion, response }
}

function withWebhook({ url, caBundle }: Pick<WebhookServer, 'url' | 'caBundle'>): CustomResourceDefinition {
  const webhook = { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1', 'v1beta1'] }
  return customDefinition({ versions: [{}, {}], conversion: { strategy: 'Webhook', webhook } })
}

const second = (api: TestApi) => customClient(api, 'widgets', 'v2')
const at = (name: string) => ({ namespace: 'ns', name })
const stored = (name: string, host = `${name}:80`) => customObject(name, { spec: { host } })

test('an object is converted when it is read in another version than it is stored in, once', async () => {
  await using webhook = await startWebhook((request) => answerTo(request))
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  const created = await customClient(api).create(stored('a'))
  const read = await second(api).get(at('a'))
  assert.deepEqual([read.apiVersion, read.spec], ['example.com/v2', { host: 'a', port: 80 }])
  assert.deepEqual(read.metadata, created.metadata)
  assert.equal(await second(api).get(at('a')), read)
  assert.equal(webhook.requests.length, 1)
  const [{ path, body }] = webhook.requests as [WebhookRequest]
  assert.equal(path, '/convert?timeout=30s')
  assert.deepEqual((body as Review).request.objects, [created])
})

test('an object is converted when it is written in another version than it is stored in', async () => {
  await using webhook = await startWebhook((request) => answerTo(request))
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  const created = await second(api).create({
    ...customObject('a', { spec: { host: 'b', port: 8080 } }),
    apiVersion: 'example.com/v2',
  })
  assert.deepEqual(created.spec, { host: 'b', port: 8080 })
  assert.deepEqual((await customClient(api).get(at('a'))).spec, { host: 'b:8080' })
  const patched = await second(api).patch(at('a'), { type: 'merge', body: { spec: { port: 1 } } })
  assert.deepEqual([patched.spec, patched.metadata.generation], [{ host: 'b', port: 1 }, 2])
})

test('a list is converted with one request for all that need it', async () => {
  await using webhook = await startWebhook((request) => answerTo(request))
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  for (let n = 0; n < 20; n++) await customClient(api).create(stored(`a${n}`))
  await second(api).get(at('a3'))
  const { items } = await second(api).list({ namespace: 'ns' })
  assert.deepEqual(new Set(items.map(({ apiVersion }) => apiVersion)), new Set(['example.com/v2']))
  assert.deepEqual(
    webhook.requests.map(({ body }) => (body as Review).request.objects.length),
    [1, 19],
  )
})

test('a watch tells of changes in their order, however long conversions take', async () => {
  let calls = 0
  await using webhook = await startWebhook(async (request) => {
    if (calls++ === 0) await new Promise((resolve) => setTimeout(resolve, 50)) // the first is the slowest
    return answerTo(request)
  })
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  const { metadata } = await second(api).list()
  const stop = new AbortController()
  const seen: string[] = []
  for (const name of ['a', 'b', 'c']) await customClient(api).create(stored(name))
  await customClient(api).delete(at('a'))
  const changes = second(api).watch({ resourceVersion: metadata.resourceVersion ?? '' }, stop.signal)
  for await (const { type, object } of changes) {
    seen.push(`${type} ${object.metadata.name} ${(object.spec as { port: number }).port}`)
    if (type === 'DELETED') stop.abort()
  }
  assert.deepEqual(seen, ['ADDED a 80', 'ADDED b 80', 'ADDED c 80', 'DELETED a 80'])
})

test('of metadata a webhook can change labels and annotations alone', async () => {
  const change = (object: AnyObject) => {
    const { name, namespace, uid } = object.metadata
    return { ...object, metadata: { name, namespace, uid, labels: { from: 'webhook' }, finalizers: ['example.com/x'] } }
  }
  await using webhook = await startWebhook((request) => answerTo(request, change))
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  const created = await customClient(api).create({
    ...stored('a'),
    metadata: { name: 'a', namespace: 'ns', annotations: { a: 'b' } },
  })
  const { annotations: _gone, ...rest } = created.metadata
  assert.deepEqual((await second(api).get(at('a'))).metadata, { ...rest, labels: { from: 'webhook' } })
})

test('a webhook may be a Service, whose endpoints are asked under its name', async () => {
  await using webhook = await startWebhook((request) => answerTo(request), ['convert.hooks.svc'])
  await using api = await startTestApi()
  const client = api.client()
  await client.namespaces.create({ metadata: { name: 'hooks' } } as never)
  const ports = [{ port: 443, name: 'https' }]
  await client.services.create({ metadata: { name: 'convert', namespace: 'hooks' }, spec: { ports } } as never)
  const service = { namespace: 'hooks', name: 'convert', path: '/convert' }
  const clientConfig = { service, caBundle: webhook.caBundle }
  const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } } as const
  const definition = customDefinition({ versions: [{}, {}], conversion: conversion as never })
  await establish(api, definition)
  await customClient(api).create(stored('a'))
  const failed =
    'conversion webhook for example.com/v1, Kind=Widget failed: Post "https://convert.hooks.svc:443/convert?timeout=30s": '
  const none = `${failed}no endpoints available for service "convert"`
  await assert.rejects(second(api).get(at('a')), { message: none, code: 500, reason: '' })
  const slice = {
    metadata: { name: 'convert-1', namespace: 'hooks', labels: { 'kubernetes.io/service-name': 'convert' } },
    ports: [{ name: 'https', port: webhook.port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  }
  // Not through the API, which refuses addresses of the loopback interface.
  await api.store.put('/registry/endpointslices/hooks/convert-1', encodeStored(slice as never), 0)
  assert.deepEqual((await second(api).get(at('a'))).spec, { host: 'a', port: 80 })
  assert.equal(webhook.requests[0]?.headers.host, 'convert.hooks.svc:443')
})

const SUBJECT = 'conversion webhook for example.com/v1, Kind=Widget'
const withResponse = (change: (response: Record<string, unknown>) => object) => (request: WebhookRequest) => {
  const answer = answerTo(request) as { response: Record<string, unknown> }
  return { ...answer, response: { ...answer.response, ...change(answer.response) } }
}
const withMetadata = (change: object) => (request: WebhookRequest) =>
  answerTo(request, (object) => ({ ...object, metadata: { ...object.metadata, ...change } }))

const failures: [string, (request: WebhookRequest) => WebhookAnswer, string | RegExp][] = [
  [
    'a failure of its own',
    withResponse(() => ({ result: { status: 'Failure', message: 'no way' } })),
    `${SUBJECT} failed: no way`,
  ],
  [
    'no result',
    withResponse(() => ({ result: {} })),
    `${SUBJECT} failed: response.result.status was '', not 'Success'`,
  ],
  [
    'another uid',
    withResponse(() => ({ uid: 'x' })),
    /^conversion webhook for .* failed: expected response.uid="[0-9a-f-]{36}", got "x"$/,
  ],
  [
    'another kind of answer',
    () => ({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' }),
    `${SUBJECT} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got admission.k8s.io/v1, Kind=AdmissionReview`,
  ],
  [
    'no response',
    () => ({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1' }),
    `${SUBJECT} failed: no response provided`,
  ],
  ['too few objects', withResponse(() => ({ convertedObjects: [] })), `${SUBJECT} returned 0 objects, expected 1`],
  [
    'another version',
    (request) => answerTo(request, (object) => ({ ...object, apiVersion: 'example.com/v3' })),
    `${SUBJECT} returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)`,
  ],
  [
    'another kind',
    (request) => answerTo(request, (object) => ({ ...object, kind: 'Gadget' })),
    `${SUBJECT} returned invalid object at index 0: invalid kind (expected Widget, received Gadget)`,
  ],
  ['another name', withMetadata({ name: 'b' }), `${SUBJECT} returned invalid object: must have the same name: a != b`],
  [
    'no metadata',
    (request) => answerTo(request, ({ metadata: _metadata, ...rest }) => rest),
    `${SUBJECT} returned invalid metadata: missing metadata in converted object`,
  ],
  [
    'bad labels',
    withMetadata({ labels: { a: 1 } }),
    `${SUBJECT} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
  ],
  [
    'no JSON',
    () => ({ code: 200, type: 'application/json', text: '{' }),
    /^conversion webhook for .* failed: couldn't get version\/kind; json parse error: /,
  ],
  [
    'nothing',
    () => ({ code: 200, text: '' }),
    `${SUBJECT} failed: 0-length response with status code: 200 and content type: text/plain`,
  ],
  [
    'an error of its server',
    () => ({ code: 500, text: 'oops\n' }),
    `${SUBJECT} failed: an error on the server ("oops") has prevented the request from succeeding`,
  ],
  [
    'a path that is not there',
    () => ({ code: 404, text: '' }),
    `${SUBJECT} failed: the server could not find the requested resource`,
  ],
]
for (const [what, answer, message] of failures) {
  test(`a webhook that answers with ${what} fails the request, in upstream words`, async () => {
    await using webhook = await startWebhook(answer)
    await using api = await startTestApi()
    await establish(api, withWebhook(webhook))
    await customClient(api).create(stored('a'))
    await assert.rejects(second(api).get(at('a')), { message, code: 500, reason: '' })
    await assert.rejects(second(api).list(), { message, code: 500 })
  })
}

test('a webhook that is not there fails reads and writes, and a later try finds it', async () => {
  await using webhook = await startWebhook((request) => answerTo(request))
  await using api = await startTestApi()
  const there = withWebhook(webhook)
  const established = await establish(api, withWebhook({ ...webhook, url: 'https://127.0.0.1:1/convert' }))
  await customClient(api).create(stored('a'))
  const refused =
    'failed: Post "https://127.0.0.1:1/convert?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused'
  await assert.rejects(second(api).get(at('a')), { message: `${SUBJECT} ${refused}` })
  const write = second(api).create({
    ...customObject('b', { spec: { host: 'b', port: 1 } }),
    apiVersion: 'example.com/v2',
  })
  await assert.rejects(write, { message: `conversion webhook for example.com/v2, Kind=Widget ${refused}`, code: 500 })
  const corrected = { ...editable<CustomResourceDefinition>(established), spec: there.spec }
  await establish(api, corrected)
  assert.deepEqual((await second(api).get(at('a'))).spec, { host: 'a', port: 80 })
})

test('what cannot be converted for a list is told by the list and the version that was asked for', async () => {
  await using webhook = await startWebhook(() => ({ code: 500, text: 'broken' }))
  await using api = await startTestApi()
  await establish(api, withWebhook(webhook))
  for (const name of ['a', 'b']) await customClient(api).create(stored(name))
  await assert.rejects(
    second(api).list(),
    /^StatusError: conversion webhook for example\.com\/v2, Kind=WidgetList failed: /,
  )
})
