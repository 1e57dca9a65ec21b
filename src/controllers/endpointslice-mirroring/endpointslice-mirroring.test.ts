import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring.ts'
import { mirroredEndpoints } from './mirrored-endpoints.ts'

const service = { metadata: { name: 's', namespace: 'ns' }, spec: {} }
const endpoints = (metadata: object = {}, subsets: object[] = [subset]) => ({
  kind: 'Endpoints',
  apiVersion: 'v1',
  metadata: { name: 's', namespace: 'ns', uid: 'uid-e', ...metadata },
  subsets,
})
const subset = {
  addresses: [{ ip: '10.1.0.1', hostname: 'h', nodeName: 'n' }, { ip: 'fd00::1' }],
  notReadyAddresses: [{ ip: '10.1.0.2' }],
  ports: [{ name: 'http', port: 80, protocol: 'TCP' as const }],
}

test('addresses are divided by family and ports; what is no address and what is too much is counted', () => {
  const more = { addresses: [{ ip: '10.1.0.3' }], ports: subset.ports }
  const bad = {
    addresses: [{ ip: 'x' }, { ip: '10.1.0.4' }, { ip: '10.1.0.5' }, { ip: '10.1.0.6' }, { ip: '10.1.0.7' }],
  }
  const { groups, invalid, skipped } = mirroredEndpoints([subset, more, bad], 3)
  const shape = (of: (typeof groups)['IPv4']) =>
    of.map(({ ports, endpoints: all }) => [ports.map(({ port }) => port), all.flatMap(({ addresses }) => addresses)])
  assert.deepEqual(shape(groups.IPv4), [
    [[80], ['10.1.0.1', '10.1.0.2', '10.1.0.3']],
    [[], ['10.1.0.4', '10.1.0.5', '10.1.0.6']],
  ])
  assert.deepEqual(shape(groups.IPv6), [[[80], ['fd00::1']]])
  assert.deepEqual([invalid, skipped], [1, 2])
})

test('Endpoints of a Service without selector have slices with their labels and annotations', async (t) => {
  const bench = controllerBench(t, endpointSliceMirroringController)
  const annotations = { mine: 'x', 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' }
  bench.put('services', service)
  bench.put('endpoints', endpoints({ labels: { app: 'w' }, annotations }))
  await bench.rest()
  const [four, six] = bench.all('endpointSlices')
  assert.deepEqual([four?.addressType, six?.addressType], ['IPv4', 'IPv6'])
  assert.deepEqual(four?.endpoints, [
    { addresses: ['10.1.0.1'], conditions: { ready: true }, hostname: 'h', nodeName: 'n' },
    { addresses: ['10.1.0.2'], conditions: { ready: false } },
  ])
  assert.deepEqual(four.ports, subset.ports)
  assert.deepEqual(four.metadata.annotations, { mine: 'x' })
  assert.deepEqual(four.metadata.labels, {
    app: 'w',
    'kubernetes.io/service-name': 's',
    'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
  })
  assert.deepEqual(
    four.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
    [['Endpoints', 's']],
  )
  bench.api.takeWrites()
  bench.put('endpoints', endpoints({ labels: { app: 'w' }, annotations: { mine: 'y' } }))
  await bench.rest()
  assert.deepEqual(
    bench.all('endpointSlices').map(({ metadata }) => metadata.annotations?.mine),
    ['y', 'y'],
  )
})

const ends = [
  { title: 'the Service gets a selector', change: { service: { ...service, spec: { selector: { app: 'w' } } } } },
  {
    title: 'it is asked not to',
    change: { endpoints: endpoints({ labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }) },
  },
  {
    title: 'they become a lock',
    change: { endpoints: endpoints({ annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }) },
  },
  { title: 'no address is left', change: { endpoints: endpoints({}, []) } },
] as const
for (const { title, change } of ends) {
  test(`the slices go when ${title}`, async (t) => {
    const bench = controllerBench(t, endpointSliceMirroringController)
    bench.put('services', service)
    bench.put('endpoints', endpoints())
    await bench.rest()
    assert.equal(bench.all('endpointSlices').length, 2)
    if ('service' in change) bench.put('services', change.service)
    else bench.put('endpoints', change.endpoints)
    await bench.rest()
    assert.deepEqual(bench.all('endpointSlices'), [])
  })
}
