import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { CidrAllocator } from './cidr-allocator.ts'
import { nodeIpamController } from './node-ipam.ts'

test('nodes get blocks of their own; those that have one keep it', async (t) => {
  const bench = controllerBench(t, nodeIpamController())
  bench.put(
    'nodes',
    { metadata: { name: 'b' }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } },
    { metadata: { name: 'a' }, spec: {} },
  )
  await bench.rest()
  assert.deepEqual(
    bench.all('nodes').map(({ metadata, spec }) => [metadata.name, spec.podCIDR]),
    [
      ['b', '10.244.0.0/24'],
      ['a', '10.244.1.0/24'],
    ],
  )
})

test('a block comes back when its node goes, and none is given twice', () => {
  const allocator = new CidrAllocator('10.0.0.0/23', 24)
  assert.deepEqual(
    ['a', 'b', 'c', 'a'].map((node) => allocator.allocate(node)),
    ['10.0.0.0/24', '10.0.1.0/24', undefined, '10.0.0.0/24'],
  )
  allocator.release('a')
  assert.equal(allocator.allocate('c'), '10.0.0.0/24')
})
