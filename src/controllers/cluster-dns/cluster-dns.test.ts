import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { clusterDnsController } from './cluster-dns.ts'
import { dnsSlices } from './dns-slices.ts'

const node = (name: string, podCIDR: string, port?: string) => ({
  metadata: { name, ...(port && { annotations: { 'navarch.io/dns-port': port } }) },
  spec: { podCIDR },
})

test('there is no kube-dns until a node answers names; its pods are led to itself', async (t) => {
  const bench = controllerBench(t, clusterDnsController('10.96.0.10'))
  bench.put('nodes', node('a', '10.244.0.0/24'))
  await bench.rest()
  assert.deepEqual([bench.all('services'), bench.all('endpointSlices')], [[], []])
  bench.put('nodes', node('a', '10.244.0.0/24', '53'), node('b', '10.244.1.0/24', '53'))
  await bench.rest()
  const [service] = bench.all('services')
  assert.deepEqual(
    [service?.metadata.name, service?.spec.clusterIP, service?.spec.internalTrafficPolicy],
    ['kube-dns', '10.96.0.10', 'Local'],
  )
  const [slice] = bench.all('endpointSlices')
  assert.equal(slice?.metadata.name, 'kube-dns-navarch')
  assert.deepEqual(
    slice.endpoints?.map(({ addresses, nodeName }) => [nodeName, ...addresses]),
    [
      ['a', '10.244.0.1'],
      ['b', '10.244.1.1'],
    ],
  )
  bench.api.takeWrites()
  await bench.client.nodes.delete({ name: 'b' })
  await bench.rest()
  assert.deepEqual(
    bench.all('endpointSlices').flatMap(({ endpoints }) => endpoints?.map(({ nodeName }) => nodeName)),
    ['a'],
  )
})

test('a Service of an earlier version is brought to lead to the own node', async (t) => {
  const bench = controllerBench(t, clusterDnsController('10.96.0.10'))
  const metadata = { name: 'kube-dns', namespace: 'kube-system', labels: { mine: 'x' } }
  bench.put('services', { metadata, spec: { clusterIP: '10.96.0.10', internalTrafficPolicy: 'Cluster' } })
  bench.put('nodes', node('a', '10.244.0.0/24', '53'))
  await bench.rest()
  const [service] = bench.all('services')
  assert.deepEqual([service?.spec.internalTrafficPolicy, service?.metadata.labels], ['Local', { mine: 'x' }])
})

test('each port has slices of its own, of a thousand nodes at most', () => {
  const many = Array.from({ length: 1001 }, (_, index) =>
    node(`n${index}`, `10.${index >> 8}.${index & 255}.0/24`, '53'),
  )
  const slices = dnsSlices([
    ...many,
    node('other', '10.9.9.0/24', '5353'),
    node('bad', '', '53'),
    node('none', '10.9.8.0/24'),
  ] as never)
  assert.deepEqual(
    slices.map(({ name, endpoints }) => [name, endpoints.length]),
    [
      ['kube-dns-navarch', 1000],
      ['kube-dns-navarch-part1', 1],
      ['kube-dns-navarch-5353', 1],
    ],
  )
})
