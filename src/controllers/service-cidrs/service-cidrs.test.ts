import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resources } from '../../client/clientset.ts'
import { type ControllerBench, controllerBench } from '../../testing/controller-bench.ts'
import { serviceCidrsController } from './service-cidrs.ts'

const cidr = (name: string, ...cidrs: string[]) => ({ metadata: { name }, spec: { cidrs } })

const address = (name: string) => ({
  metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
  spec: { parentRef: { resource: 'services', namespace: 'a', name: 's' } },
})

const states = (bench: ControllerBench) =>
  Object.fromEntries(
    bench.all('serviceCIDRs').map(({ metadata, status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')
      return [metadata.name, `${metadata.finalizers?.length ?? 0} ${ready?.status} ${ready?.reason}`]
    }),
  )

test('a range is protected and ready', async (t) => {
  const bench = controllerBench(t, serviceCidrsController)
  bench.put('serviceCIDRs', cidr('x', '10.1.0.0/16'))
  await bench.rest()
  assert.deepEqual(states(bench), { x: '1 True ' })
})

test('a range whose addresses are in use stays until they are free', async (t) => {
  const bench = controllerBench(t, serviceCidrsController)
  bench.put('serviceCIDRs', cidr('x', '10.1.0.0/16'))
  bench.put('ipAddresses', address('10.1.0.7'))
  await bench.rest()
  await bench.client.serviceCIDRs.delete({ name: 'x' })
  await bench.rest()
  assert.deepEqual(states(bench), { x: '1 False Terminating' })
  bench.api.remove(resources.ipAddresses, { name: '10.1.0.7' })
  await bench.rest()
  bench.clock.advance(9_000)
  await bench.rest()
  assert.deepEqual(states(bench), { x: '1 False Terminating' })
  bench.clock.advance(1_001)
  await bench.rest()
  assert.deepEqual(states(bench), {})
})

test('a range within another one goes, whatever its addresses', async (t) => {
  const bench = controllerBench(t, serviceCidrsController)
  bench.put('serviceCIDRs', cidr('x', '10.1.0.0/24'))
  bench.put('ipAddresses', address('10.1.0.7'))
  await bench.rest()
  await bench.client.serviceCIDRs.delete({ name: 'x' })
  await bench.rest()
  bench.put('serviceCIDRs', cidr('wide', '10.1.0.0/16'))
  await bench.rest()
  bench.clock.advance(10_001)
  await bench.rest()
  assert.deepEqual(states(bench), { wide: '1 True ' })
})
