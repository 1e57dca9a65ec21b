import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayOf, macOf, prefixLength } from './addressing.ts'
import { cniConfig } from './cni-config.ts'

test('addressing: the first address of a CIDR is the gateway, whatever address of it is written', () => {
  assert.deepEqual(['10.244.3.0/24', '10.244.3.77/24', '10.96.0.0/12', '192.168.1.8/30'].map(gatewayOf), [
    '10.244.3.1',
    '10.244.3.1',
    '10.96.0.1',
    '192.168.1.9',
  ])
  assert.equal(prefixLength('10.244.3.0/24'), 24)
  assert.equal(macOf('10.244.3.1'), '0a:58:0a:f4:03:01')
})

test('CNI: pods get an address of the pod CIDR, a default route and hairpin', () => {
  const { plugins } = JSON.parse(cniConfig({ bridge: 'navarch0', podCIDR: '10.244.0.0/24', ipamDir: '/run/ipam' }))
  assert.deepEqual(plugins[0], {
    type: 'bridge',
    bridge: 'navarch0',
    isGateway: true,
    hairpinMode: true,
    ipMasq: false,
    ipam: {
      type: 'host-local',
      dataDir: '/run/ipam',
      routes: [{ dst: '0.0.0.0/0' }],
      ranges: [[{ subnet: '10.244.0.0/24', gateway: '10.244.0.1' }]],
    },
  })
})
