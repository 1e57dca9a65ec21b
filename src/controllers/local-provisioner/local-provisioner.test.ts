import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { persistentVolumeBinder } from '../pv-binder/pv-binder.ts'
import { localProvisioner } from './local-provisioner.ts'

const SELECTED = 'volume.kubernetes.io/selected-node'
const local = {
  metadata: { name: 'local' },
  provisioner: 'navarch.io/local-path',
  volumeBindingMode: 'WaitForFirstConsumer' as const,
  reclaimPolicy: 'Delete' as const,
}
const claim = {
  kind: 'PersistentVolumeClaim',
  apiVersion: 'v1',
  metadata: { name: 'c', namespace: 'ns', uid: 'u', annotations: { [SELECTED]: 'n' } },
  spec: {
    accessModes: ['ReadWriteOnce' as const],
    storageClassName: 'local',
    resources: { requests: { storage: '1Gi' } },
  },
}

/** As the binder leaves it. */
const annotations = { ...claim.metadata.annotations, 'volume.kubernetes.io/storage-provisioner': local.provisioner }
const ordered = { ...claim, metadata: { ...claim.metadata, annotations } }

test('a claim whose node was selected is bound to a directory there', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder, localProvisioner('/volumes'))
  bench.put('storageClasses', local)
  bench.put('nodes', { metadata: { name: 'n' } })
  bench.put('persistentVolumeClaims', claim)
  await bench.rest()
  await bench.rest()
  const [bound] = bench.all('persistentVolumeClaims')
  assert.deepEqual([bound?.status?.phase, bound?.spec.volumeName], ['Bound', 'pvc-u'])
  assert.equal(bench.all('persistentVolumes')[0]?.spec.hostPath?.path, '/volumes/pvc-u')
})

test('the claim is told of its volume', async (t) => {
  const bench = controllerBench(t, localProvisioner('/volumes'))
  bench.put('storageClasses', local)
  bench.put('nodes', { metadata: { name: 'n' } })
  bench.put('persistentVolumeClaims', ordered)
  await bench.rest()
  assert.deepEqual(
    bench.all('events').map(({ reason, message }) => `${reason}: ${message}`),
    [
      'Provisioning: External provisioner is provisioning volume for claim "ns/c"',
      'ProvisioningSucceeded: Successfully provisioned volume pvc-u',
    ],
  )
})

test('when the selected node is gone the scheduler has to choose again', async (t) => {
  const bench = controllerBench(t, localProvisioner('/volumes'))
  bench.put('storageClasses', local)
  bench.put('persistentVolumeClaims', ordered)
  await bench.rest()
  assert.equal(bench.all('persistentVolumeClaims')[0]?.metadata.annotations?.[SELECTED], undefined)
  assert.deepEqual(
    bench.all('events').map(({ message }) => message),
    ['failed to provision volume with StorageClass "local": node "n" not found'],
  )
})
