import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, resources } from '../../client/clientset.ts'
import { FakeApi } from '../../testing/fake-api.ts'
import { ensureLocalStorageClass } from './local-storage-class.ts'

const { signal } = new AbortController()

test('the class is made once: an admin who deletes it does not get it back', async () => {
  const api = new FakeApi()
  const client = new Client(api)
  api.put(resources.namespaces, { metadata: { name: 'kube-system' } })
  const classes = () => api.all(resources.storageClasses).map(({ metadata }) => metadata?.name)
  await ensureLocalStorageClass(client, signal)
  await ensureLocalStorageClass(client, signal)
  assert.deepEqual(classes(), ['local'])
  await client.storageClasses.delete({ name: 'local' })
  await ensureLocalStorageClass(client, signal)
  assert.deepEqual(classes(), [])
})
