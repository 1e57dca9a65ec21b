import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoutes, peerRoutes, planRoutes } from './peer-routes.ts'

function node(name: string, podCIDR: string | undefined, address: string, runtime = 'containerd://2') {
  const addresses = [
    { type: 'Hostname', address: name },
    { type: 'InternalIP', address },
  ]
  return {
    metadata: { name },
    spec: { podCIDR },
    status: { addresses, nodeInfo: { containerRuntimeVersion: runtime } },
  }
}

test('there is a way to the pods of every other node that has some', () => {
  const nodes = [
    node('me', '10.244.0.0/24', '10.0.0.1'),
    node('c', '10.244.2.0/24', '10.0.0.3'),
    node('b', '10.244.1.0/24', '10.0.0.2'),
    node('new', undefined, '10.0.0.4'),
    node('v6', 'fd00:1::/64', 'fd00::4'),
    node('imagined', '10.244.9.0/24', '10.0.0.9', 'simulated://1'),
  ]
  assert.deepEqual(peerRoutes(nodes as never, 'me'), [
    { podCIDR: '10.244.1.0/24', via: '10.0.0.2' },
    { podCIDR: '10.244.2.0/24', via: '10.0.0.3' },
  ])
})

test('routes of nodes that left go, those of nodes that moved are replaced, the others are left alone', () => {
  const present = parseRoutes(
    '[{"dst":"10.244.1.0/24","gateway":"10.0.0.2"},{"dst":"10.244.2.0/24","gateway":"10.0.0.3"},{"dst":"10.244.3.0/24","gateway":"10.0.0.4"},{"dst":"10.244.0.0/24"}]',
  )
  const wanted = [
    { podCIDR: '10.244.1.0/24', via: '10.0.0.2' },
    { podCIDR: '10.244.2.0/24', via: '10.0.0.33' },
    { podCIDR: '10.244.5.0/24', via: '10.0.0.5' },
  ]
  assert.deepEqual(planRoutes(wanted, present), {
    add: wanted.slice(1),
    remove: [{ podCIDR: '10.244.3.0/24', via: '10.0.0.4' }],
  })
  assert.deepEqual(planRoutes(wanted, wanted), { add: [], remove: [] })
})
