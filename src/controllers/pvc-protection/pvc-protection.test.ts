import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resources } from '../../client/clientset.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { pvcProtectionController } from './pvc-protection.ts'

const claim = { metadata: { name: 'c', namespace: 'ns' } }
const pod = {
  metadata: { name: 'p', namespace: 'ns' },
  spec: { nodeName: 'n', volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] },
  status: { phase: 'Succeeded' as const },
}

test('a claim gets the finalizer, and goes when the last pod that uses it has gone', async (t) => {
  const bench = controllerBench(t, pvcProtectionController)
  bench.put('persistentVolumeClaims', claim)
  bench.put('pods', pod)
  await bench.rest()
  const held = () => bench.all('persistentVolumeClaims').map(({ metadata }) => metadata.finalizers)
  assert.deepEqual(held(), [['kubernetes.io/pvc-protection']])
  await bench.client.persistentVolumeClaims.delete(claim.metadata)
  await bench.rest()
  assert.deepEqual(held(), [['kubernetes.io/pvc-protection']])
  bench.api.remove(resources.pods, pod.metadata)
  await bench.rest()
  assert.deepEqual(held(), [])
})

test('a pod that the cache does not show yet keeps its claim', async (t) => {
  const bench = controllerBench(t, pvcProtectionController)
  bench.put('persistentVolumeClaims', claim)
  await bench.rest()
  bench.api.react(({ verb, resource }) => {
    if (verb === 'list' && resource.plural === 'pods') return { metadata: {}, items: [pod] }
  })
  await bench.client.persistentVolumeClaims.delete(claim.metadata)
  await bench.rest()
  assert.equal(bench.all('persistentVolumeClaims').length, 1)
})
