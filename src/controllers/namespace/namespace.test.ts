import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoverBuiltIn } from '../../client/discovery.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { rootCaPublisher } from '../root-ca-publisher/root-ca-publisher.ts'
import { serviceAccountController } from '../serviceaccount/serviceaccount.ts'
import { namespaceController } from './namespace.ts'

const namespace = { metadata: { name: 'ns' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }

test('a namespace gets its service account and the root certificate', async (t) => {
  const bench = controllerBench(t, serviceAccountController, rootCaPublisher('CA'))
  bench.put('namespaces', namespace)
  await bench.rest()
  await bench.client.serviceAccounts.delete({ name: 'default', namespace: 'ns' })
  await bench.rest()
  assert.deepEqual(
    bench.all('serviceAccounts').map(({ metadata }) => metadata.name),
    ['default'],
  )
  assert.deepEqual(
    bench.all('configMaps').map(({ metadata, data }) => [metadata.name, data]),
    [['kube-root-ca.crt', { 'ca.crt': 'CA' }]],
  )
})

test('a deleted namespace is emptied and let go', async (t) => {
  const bench = controllerBench(t, namespaceController(discoverBuiltIn))
  bench.put('namespaces', namespace)
  bench.put('pods', { metadata: { name: 'p', namespace: 'ns' } })
  bench.put('configMaps', { metadata: { name: 'c', namespace: 'ns' } }, { metadata: { name: 'c', namespace: 'other' } })
  await bench.client.namespaces.delete({ name: 'ns' })
  await bench.rest()
  await bench.clock.advance(1000)
  assert.deepEqual([bench.all('namespaces'), bench.all('pods')], [[], []])
  assert.deepEqual(
    bench.all('configMaps').map(({ metadata }) => metadata.namespace),
    ['other'],
  )
})

test('while a pod is held back nothing else goes, and the conditions say why', async (t) => {
  const bench = controllerBench(t, namespaceController(discoverBuiltIn))
  bench.put('namespaces', namespace)
  bench.put('pods', { metadata: { name: 'p', namespace: 'ns', finalizers: ['example.com/hold'] }, spec: {} })
  bench.put('configMaps', { metadata: { name: 'c', namespace: 'ns' } })
  await bench.client.namespaces.delete({ name: 'ns' })
  await bench.rest()
  const told = bench.all('namespaces')[0]?.status.conditions?.filter(({ status }) => status === 'True') ?? []
  assert.deepEqual(
    told.map(({ reason, message }) => `${reason}: ${message}`),
    [
      'SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
      'SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ],
  )
  assert.equal(bench.all('configMaps').length, 1)
})
