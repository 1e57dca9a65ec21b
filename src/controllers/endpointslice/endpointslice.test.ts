import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { endpointsController } from '../endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice.ts'

const node = { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z1' } } }
const service = {
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 's', namespace: 'ns', labels: { svc: 'label' } },
  spec: {
    selector: { app: 'w' },
    clusterIP: '10.96.0.7',
    ports: [
      { name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' as const },
      { name: 'raw', port: 9000, targetPort: 9001, protocol: 'UDP' as const },
    ],
  },
}
const pod = (name: string, ip: string, ready: 'True' | 'False') => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels: { app: 'w' } },
  spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 8080 }] }] },
  status: { phase: 'Running', podIPs: [{ ip }], conditions: [{ type: 'Ready', status: ready }] },
})

test('a Service’s slice and Endpoints show its pods as upstream does', async (t) => {
  const bench = controllerBench(t, endpointSliceController(), endpointsController())
  bench.put('nodes', node)
  bench.put('services', service)
  bench.put('pods', pod('a', '10.8.0.1', 'True'), pod('b', '10.8.0.2', 'False'))
  await bench.rest()
  const [slice] = bench.all('endpointSlices')
  const target = (name: string) => ({ kind: 'Pod', namespace: 'ns', name, uid: `uid-${name}` })
  assert.deepEqual(slice?.endpoints, [
    {
      addresses: ['10.8.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: target('a'),
      nodeName: 'n',
      zone: 'z1',
    },
    {
      addresses: ['10.8.0.2'],
      conditions: { ready: false, serving: false, terminating: false },
      targetRef: target('b'),
      nodeName: 'n',
      zone: 'z1',
    },
  ])
  assert.deepEqual(slice?.metadata.labels, {
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 's',
    svc: 'label',
  })
  assert.deepEqual(bench.all('endpoints')[0]?.subsets, [
    {
      addresses: [{ ip: '10.8.0.1', nodeName: 'n', targetRef: target('a') }],
      notReadyAddresses: [{ ip: '10.8.0.2', nodeName: 'n', targetRef: target('b') }],
      ports: [
        { name: 'raw', port: 9001, protocol: 'UDP' },
        { name: 'http', port: 8080, protocol: 'TCP' },
      ],
    },
  ])
})

test('publishNotReadyAddresses makes every pod ready; without pods one empty slice stays', async (t) => {
  const bench = controllerBench(t, endpointSliceController(), endpointsController())
  bench.put('nodes', node)
  bench.put('services', { ...service, spec: { ...service.spec, publishNotReadyAddresses: true } })
  bench.put('pods', pod('b', '10.8.0.2', 'False'))
  await bench.rest()
  assert.deepEqual(bench.all('endpointSlices')[0]?.endpoints?.[0]?.conditions, {
    ready: true,
    serving: false,
    terminating: false,
  })
  assert.equal(bench.all('endpoints')[0]?.subsets?.[0]?.addresses?.length, 1)
  await bench.client.pods.delete({ name: 'b', namespace: 'ns' })
  await bench.rest()
  assert.deepEqual(
    bench.all('endpointSlices').map(({ endpoints, ports }) => [endpoints, ports]),
    [[[], []]],
  )
  assert.equal(bench.all('endpoints')[0]?.subsets, undefined)
})

test('the Endpoints go with their Service', async (t) => {
  const bench = controllerBench(t, endpointsController())
  bench.put('services', service)
  await bench.rest()
  await bench.client.services.delete({ name: 's', namespace: 'ns' })
  await bench.rest()
  assert.deepEqual(bench.all('endpoints'), [])
})

test('Endpoints that somebody else made stay, without a Service too', async (t) => {
  const bench = controllerBench(t, endpointsController())
  await bench.rest()
  const metadata = { name: 'database', namespace: 'ns' }
  await bench.client.endpoints.create({ metadata, subsets: [{ addresses: [{ ip: '192.0.2.7' }] }] } as never)
  await bench.rest()
  assert.equal(bench.all('endpoints').length, 1)
})
