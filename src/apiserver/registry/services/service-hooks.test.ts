import assert from 'node:assert/strict'
import test from 'node:test'
import type { Service } from '../../../api/types/core.v1.ts'
import { serviceHooks } from './service-hooks.ts'

const ranges = { serviceCidr: '10.96.0.0/24', nodePorts: { first: 30000, last: 30009 } }
const anyone = { name: 'u', groups: [] }
const service = (spec: Partial<Service['spec']> = {}): Service =>
  ({ metadata: { name: 's' }, spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }], ...spec } }) as Service

test('a service gets an address of the range', () => {
  const created = service()
  serviceHooks(ranges).beginCreate?.(created, anyone)
  assert.match(created.spec.clusterIP ?? '', /^10\.96\.0\.\d+$/)
})

test('an address is given once, and again after a write that failed', () => {
  const hooks = serviceHooks(ranges)
  const finish = hooks.beginCreate?.(service({ clusterIP: '10.96.0.10' }), anyone)
  const again = () => hooks.beginCreate?.(service({ clusterIP: '10.96.0.10' }), anyone)
  assert.throws(again, /failed to allocate IP 10.96.0.10: provided IP is already allocated/)
  finish?.(false)
  assert.doesNotThrow(again)
})

test('an address outside the range is refused', () => {
  assert.throws(
    () => serviceHooks(ranges).beginCreate?.(service({ clusterIP: '10.1.0.1' }), anyone),
    /the provided IP \(10\.1\.0\.1\) is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/24/,
  )
})

test('a node port that is taken is refused', () => {
  const hooks = serviceHooks(ranges)
  const wanted = () => service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30003 }] })
  hooks.beginCreate?.(wanted(), anyone)
  assert.throws(
    () => hooks.beginCreate?.(wanted(), anyone),
    /spec.ports\[0\].nodePort: Invalid value: 30003: provided port is already/,
  )
})

test('the same port by TCP and UDP shares a node port', () => {
  const both = service({
    type: 'NodePort',
    ports: [
      { port: 53, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ],
  })
  serviceHooks(ranges).beginCreate?.(both, anyone)
  assert.equal(both.spec.ports?.[0]?.nodePort, both.spec.ports?.[1]?.nodePort)
})

test('an update keeps what was allocated, and gives node ports back with the type', () => {
  const hooks = serviceHooks(ranges)
  const old = service({ type: 'NodePort' })
  hooks.beginCreate?.(old, anyone)?.(true)
  const kept = service({ type: 'NodePort' })
  hooks.beginUpdate?.(kept, old)?.(true)
  assert.deepEqual(kept.spec, old.spec)
  const plain = service()
  hooks.beginUpdate?.(plain, old)?.(true)
  const port = old.spec.ports?.[0]?.nodePort as number
  assert.doesNotThrow(() =>
    hooks.beginCreate?.(service({ type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: port }] }), anyone),
  )
})
