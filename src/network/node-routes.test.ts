import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../api/types/core.v1.ts'
import { silentLogger } from '../base/log.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { FakeInformer } from '../testing/fake-informer.ts'
import { HostCommandError } from './host-command.ts'
import { NodeRoutes } from './node-routes.ts'

const node = (name: string, podCIDR: string, address: string): Node =>
  ({
    metadata: { name },
    spec: { podCIDR },
    status: { addresses: [{ type: 'InternalIP', address }] },
  }) as unknown as Node

test('routes follow the nodes, and what the kernel will not have is told until it will', async () => {
  const clock = new FakeClock()
  const nodes = new FakeInformer<Node>(node('me', '10.244.0.0/24', '10.0.0.1'), node('b', '10.244.1.0/24', '10.0.0.2'))
  const routes = new Map<string, string>()
  let refused = '10.9.9.9'
  const run = async (_command: string, words: readonly string[]): Promise<string> => {
    const [action, cidr = '', via = ''] = words[0] === '-j' ? ['show'] : [words[1], words[2], words[4]]
    if (action === 'show') return JSON.stringify([...routes].map(([dst, gateway]) => ({ dst, gateway })))
    if (action === 'delete') routes.delete(cidr)
    else if (via === refused) throw new HostCommandError('Nexthop has invalid gateway')
    else routes.set(cidr, via)
    return ''
  }
  const component = new NodeRoutes({
    nodes,
    nodeName: 'me',
    clusterCIDR: '10.244.0.0/16',
    run,
    clock,
    log: silentLogger,
  })
  const stop = new AbortController()
  const running = component.run(stop.signal)
  await settle()
  assert.deepEqual([...routes], [['10.244.1.0/24', '10.0.0.2']])
  nodes.put(node('far', '10.244.2.0/24', '10.9.9.9'))
  nodes.remove({ name: 'b' })
  await settle()
  assert.deepEqual([...routes], [])
  assert.match(component.problem ?? '', /no route to pods of 10\.9\.9\.9/)
  refused = ''
  await clock.advance(30_000)
  assert.deepEqual([[...routes], component.problem], [[['10.244.2.0/24', '10.9.9.9']], undefined])
  routes.clear() // an interface went down
  await clock.advance(30_000)
  assert.deepEqual([...routes], [['10.244.2.0/24', '10.9.9.9']])
  stop.abort()
  await running
  assert.equal(clock.pending, 0)
})
