import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../api/types/apps.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const path = '/apis/apps/v1/namespaces/a/deployments/d/scale'
const MERGE = 'application/merge-patch+json'
const OTHER = '11111111-2222-3333-4444-555555555555'

interface Made {
  readonly uid: string
  readonly resourceVersion: string
}

async function makeDeployment({ client }: HttpsApi): Promise<Made> {
  const labels = { app: 'x' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { selector: { matchLabels: labels }, template, replicas: 1 }
  const { metadata } = await client().deployments.create({
    metadata: { name: 'd', namespace: 'a' },
    spec,
  } as New<Deployment>)
  return { uid: metadata.uid as string, resourceVersion: metadata.resourceVersion as string }
}

async function write(api: HttpsApi, method: 'PUT' | 'PATCH', metadata: object) {
  const body = JSON.stringify({ metadata: { name: 'd', namespace: 'a', ...metadata }, spec: { replicas: 3 } })
  const headers = { 'content-type': method === 'PUT' ? 'application/json' : MERGE }
  const { status, text } = await api.send(Protocol.Http1, { method, path, headers, body })
  return { status, body: JSON.parse(text) }
}

for (const method of ['PUT', 'PATCH'] as const) {
  test(`${method}: a scale that names uid and revision of its object is written`, async () => {
    await using api = await startHttpsApi()
    const made = await makeDeployment(api)
    const { status, body } = await write(api, method, made)
    assert.deepEqual([status, body.spec.replicas, body.metadata.uid], [200, 3, made.uid])
  })

  test(`${method}: a scale of another revision is a conflict`, async () => {
    await using api = await startHttpsApi()
    await makeDeployment(api)
    const { status, body } = await write(api, method, { resourceVersion: '1' })
    const why = 'the object has been modified; please apply your changes to the latest version and try again'
    const message = `Operation cannot be fulfilled on deployments.apps "d": ${why}`
    assert.deepEqual([status, body.reason, body.message], [409, 'Conflict', message])
  })
}

test('PUT: a scale that names the uid of another object is a conflict of the storage', async () => {
  await using api = await startHttpsApi()
  const { uid } = await makeDeployment(api)
  const { status, body } = await write(api, 'PUT', { uid: OTHER })
  const why =
    'StorageError: invalid object, Code: 4, Key: /registry/deployments/a/d, ResourceVersion: 0, AdditionalErrorMsg: ' +
    `Precondition failed: UID in precondition: ${OTHER}, UID in object meta: ${uid}`
  assert.deepEqual([status, body.message], [409, `Operation cannot be fulfilled on deployments.apps "d": ${why}`])
})

test('PATCH: a scale that names the uid of another object is a conflict of the scale', async () => {
  await using api = await startHttpsApi()
  const { uid } = await makeDeployment(api)
  const { status, body } = await write(api, 'PATCH', { uid: OTHER })
  const why = `Precondition failed: UID in precondition: ${OTHER}, UID in object meta: ${uid}`
  assert.deepEqual([status, body.message], [409, `Operation cannot be fulfilled on deployments/scale.apps "d": ${why}`])
})
