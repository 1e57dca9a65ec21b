import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../api/types/core.v1.ts'
import { silentLogger } from '../base/log.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { FakeInformer } from '../testing/fake-informer.ts'
import { HostCommandError } from './host-command.ts'
import { NodeRoutes } from './node-routes.ts'

const node = (name: string, podCIDR: string | undefined, address: string): Node =>
  ({
    metadata: { name },
    spec: { podCIDR },
    status: { addresses: [{ type: 'InternalIP', address }] },
  }) as unknown as Node

/** What the kernel would do: 10.0.0.0/24 is the link of this host. */
class FakeKernel {
  readonly routes = new Map<string, string>()
  readonly commands: string[] = []
  isWithoutTunnels = false

  readonly run = async (command: string, words: readonly string[]): Promise<string> => {
    const line = [command, ...words].join(' ')
    const [, action, cidr = '', via = ''] = /^ip route (replace|delete) (\S+)(?: via (\S+))?/.exec(line) ?? []
    if (line.startsWith('ip -j route show')) {
      return JSON.stringify([...this.routes].map(([dst, gateway]) => ({ dst, gateway })))
    }
    if (line.startsWith('ip -j route get')) return '[{"dev":"eth0"}]'
    this.commands.push(line)
    if (line.includes('vxlan') && this.isWithoutTunnels) throw new HostCommandError('Unknown device type.')
    if (action === 'delete') this.routes.delete(cidr)
    if (action !== 'replace') return ''
    if (!via.startsWith('10.0.0.') && !line.includes('onlink'))
      throw new HostCommandError('Nexthop has invalid gateway.')
    this.routes.set(cidr, via)
    return ''
  }
}

function setup(...others: Node[]) {
  const clock = new FakeClock()
  const kernel = new FakeKernel()
  const nodes = new FakeInformer<Node>(node('me', '10.244.0.0/24', '10.0.0.1'), ...others)
  const own = { nodeName: 'me', address: '10.0.0.1', bridge: 'navarch0', clusterCIDR: '10.244.0.0/16' }
  const component = new NodeRoutes({ nodes, ...own, run: kernel.run, clock, log: silentLogger })
  const stop = new AbortController()
  const running = component.run(stop.signal)
  const end = async (): Promise<void> => {
    stop.abort()
    await running
    assert.equal(clock.pending, 0)
  }
  return { clock, kernel, nodes, component, end }
}

test('routes follow the nodes of the link, and come back when an interface took them along', async () => {
  const { clock, kernel, nodes, end } = setup(node('b', '10.244.1.0/24', '10.0.0.2'))
  await settle()
  assert.deepEqual([...kernel.routes], [['10.244.1.0/24', '10.0.0.2']])
  nodes.put(node('c', '10.244.2.0/24', '10.0.0.3'))
  nodes.remove({ name: 'b' })
  await settle()
  assert.deepEqual([...kernel.routes], [['10.244.2.0/24', '10.0.0.3']])
  kernel.routes.clear()
  await clock.advance(30_000)
  assert.deepEqual([...kernel.routes], [['10.244.2.0/24', '10.0.0.3']])
  await end()
})

test('a node beyond a router is reached through a tunnel, which is made once and goes with the node', async () => {
  const { clock, kernel, nodes, end } = setup(node('far', '10.244.3.0/24', '10.9.9.9'))
  await settle()
  assert.deepEqual(kernel.commands.slice(1), [
    'ip -o link show type vxlan',
    'ip link add navarch0-vx type vxlan id 177 local 10.0.0.1 dstport 8472 nolearning dev eth0',
    'ip link set navarch0-vx address 0a:58:0a:f4:00:00 up',
    'ip addr flush dev navarch0-vx',
    'ip addr replace 10.244.0.0/32 dev navarch0-vx',
    'bridge fdb replace 0a:58:0a:f4:03:00 dev navarch0-vx dst 10.9.9.9 self permanent',
    'ip neigh replace 10.244.3.0 lladdr 0a:58:0a:f4:03:00 dev navarch0-vx nud permanent',
    'ip route replace 10.244.3.0/24 via 10.244.3.0 dev navarch0-vx onlink proto 177',
  ])
  kernel.commands.length = 0
  await clock.advance(30_000)
  assert.deepEqual(kernel.commands, [])
  nodes.put(node('far', '10.244.3.0/24', '10.0.0.9')) // it moved to this link
  await settle()
  assert.deepEqual([...kernel.routes], [['10.244.3.0/24', '10.0.0.9']])
  nodes.put(node('far', '10.244.3.0/24', '10.9.9.10'))
  nodes.remove({ name: 'far' })
  await settle()
  assert.deepEqual([...kernel.routes], [])
  await end()
})

test('where the kernel has no tunnels, it is said to which nodes there is no way, and tried again', async () => {
  const { clock, kernel, component, nodes, end } = setup()
  kernel.isWithoutTunnels = true
  nodes.put(node('far', '10.244.3.0/24', '10.9.9.9'))
  await settle()
  assert.equal(component.problem, 'no route to the pods of 10.9.9.9 (Unknown device type.)')
  kernel.isWithoutTunnels = false
  await clock.advance(30_000)
  assert.equal(component.problem, undefined)
  await end()
})
