import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { replicationController } from './replicationcontroller.ts'

const owner = (replicas: number) => ({
  kind: 'ReplicationController',
  apiVersion: 'v1',
  metadata: { name: 'rc', namespace: 'ns', uid: 'uid-rc' },
  spec: {
    replicas,
    selector: { app: 'w' },
    template: { metadata: { labels: { app: 'w' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
  status: { replicas: 0 },
})

test('pods are made, adopted and removed until there are as many as asked for; the status counts them', async (t) => {
  const bench = controllerBench(t, replicationController)
  const pods = () => bench.all('pods').map(({ metadata }) => metadata.ownerReferences?.[0]?.name)
  bench.put('pods', { metadata: { name: 'orphan', namespace: 'ns', labels: { app: 'w' } }, spec: {}, status: {} })
  bench.put('replicationControllers', owner(3))
  await bench.rest()
  assert.deepEqual(pods(), ['rc', 'rc', 'rc'])
  const [{ status } = { status: undefined }] = bench.all('replicationControllers')
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 0,
    availableReplicas: 0,
    observedGeneration: 1,
  })
  bench.put('replicationControllers', { ...owner(1), status: { ...status, replicas: 3 } })
  await bench.rest()
  assert.deepEqual(pods(), ['rc'])
  assert.deepEqual(
    bench.all('events').map(({ reason, source, involvedObject: { kind } }) => [reason, source?.component, kind].join()),
    [
      'SuccessfulCreate,replication-controller,ReplicationController',
      'SuccessfulCreate,replication-controller,ReplicationController',
      'SuccessfulDelete,replication-controller,ReplicationController',
      'SuccessfulDelete,replication-controller,ReplicationController',
    ],
  )
})
