import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWebhook } from '../../testing/webhook-server.ts'
import { WebhookClient } from './webhook-client.ts'

const TIMEOUT_MS = 10_000
const nowhere = async (): Promise<never> => {
  throw new Error('no endpoints available for service "x"')
}

test('a review is posted and its answer read', async () => {
  await using webhook = await startWebhook(({ body }) => ({ echo: body }))
  const client = new WebhookClient({ url: `${webhook.url}?a=b`, caBundle: webhook.caBundle }, nowhere)
  assert.deepEqual(await client.post({ n: 1 }, TIMEOUT_MS), { echo: { n: 1 } })
  assert.equal(webhook.requests[0]?.path, '/convert?a=b&timeout=10s')
  assert.equal(webhook.requests[0]?.headers['content-type'], 'application/json')
})

test('a backend whose certificate the bundle does not cover is not trusted', async () => {
  await using webhook = await startWebhook(() => ({}))
  await using other = await startWebhook(() => ({}))
  const client = new WebhookClient({ url: webhook.url, caBundle: other.caBundle }, nowhere)
  const why = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  await assert.rejects(client.post({}, TIMEOUT_MS), { message: `Post "${webhook.url}?timeout=10s": ${why}` })
  assert.equal(webhook.requests.length, 0)
})

test('a backend whose certificate is for another name is not trusted', async () => {
  await using webhook = await startWebhook(() => ({}), ['a.example.com', 'b.example.com'])
  const resolve = async () => ({ host: '127.0.0.1', port: webhook.port })
  const service = { namespace: 'ns', name: 'hook' }
  const client = new WebhookClient({ service, caBundle: webhook.caBundle }, resolve)
  const why = 'x509: certificate is valid for a.example.com, b.example.com, not hook.ns.svc'
  const message = `Post "https://hook.ns.svc:443/?timeout=10s": tls: failed to verify certificate: ${why}`
  await assert.rejects(client.post({}, TIMEOUT_MS), { message })
})

test('a Service without endpoints is not asked', async () => {
  const client = new WebhookClient({ service: { namespace: 'ns', name: 'x', path: 'p', port: 8443 } }, nowhere)
  const message = 'Post "https://x.ns.svc:8443/p?timeout=10s": no endpoints available for service "x"'
  await assert.rejects(client.post({}, TIMEOUT_MS), { message })
})

test('an answer that does not come in time is given up', async () => {
  const { promise, resolve } = Promise.withResolvers<object>()
  await using webhook = await startWebhook(() => promise)
  const client = new WebhookClient(webhook, nowhere)
  await assert.rejects(client.post({}, 50), {
    message: `Post "${webhook.url}?timeout=0.05s": context deadline exceeded`,
  })
  resolve({})
})

const answers: [number, string, string, string][] = [
  [500, 'text/plain', ' broken\n', 'an error on the server ("broken") has prevented the request from succeeding'],
  [500, 'text/html', '', 'an error on the server ("") has prevented the request from succeeding'],
  [
    502,
    'application/octet-stream',
    'x',
    'an error on the server ("unknown") has prevented the request from succeeding',
  ],
  [500, 'application/json', '{"kind":"Status","message":"as I say"}', 'as I say'],
  [403, 'text/plain', 'not you', 'not you'],
  [404, 'text/plain', '404 page not found', 'the server could not find the requested resource'],
  [503, 'text/plain', 'x', 'the server is currently unable to handle the request'],
  [302, 'text/plain', 'x', 'the server responded with the status code 302 but did not return more information'],
]
for (const [code, type, text, message] of answers) {
  test(`an answer ${code} ${type} ${JSON.stringify(text)} is a failure in the words of client-go`, async () => {
    await using webhook = await startWebhook(() => ({ code, type, text }))
    await assert.rejects(new WebhookClient(webhook, nowhere).post({}, TIMEOUT_MS), { message })
  })
}

test('a connection that was closed while idle is opened again', async () => {
  await using webhook = await startWebhook(() => ({ ok: true }))
  const client = new WebhookClient(webhook, nowhere)
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(await client.post({}, TIMEOUT_MS), { ok: true })
    webhook.hangUp()
  }
})
