import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editable } from '../../../../base/deep-readonly.ts'
import type { Service, ServiceSpec } from '../../../types/core.v1.ts'
import { serviceColumns } from './columns.ts'
import { services } from './service.ts'

function service(spec: ServiceSpec = {}, status: Service['status'] = {}): Service {
  const metadata = {
    name: 's',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const made: Service = { metadata, spec: { ports: [{ port: 80 }], ...spec }, status }
  services.rules.default?.(made)
  services.rules.prepareCreate?.(made)
  return made
}

const allocated = (spec: ServiceSpec = {}) =>
  service({ clusterIP: '10.96.0.9', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ...spec })

function update(old: Service, change: (spec: ServiceSpec) => void) {
  const after = editable<Service>(old)
  change(after.spec)
  const context = { old, subresource: '' }
  services.rules.default?.(after)
  services.rules.prepareUpdate?.(after, context)
  const errors = [
    ...(services.rules.validate?.(after, old) ?? []),
    ...(services.rules.validateUpdate?.(after, context) ?? []),
  ]
  return { spec: after.spec, errors: errors.map(({ field, message }) => `${field}: ${message}`) }
}

test('a replaced manifest keeps the addresses and ports that it does not name', () => {
  const old = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })
  const { spec, errors } = update(old, (next) => {
    delete next.clusterIP
    delete next.clusterIPs
    delete next.ipFamilies
    next.ports = [{ port: 80 }]
  })
  assert.deepEqual(errors, [])
  assert.deepEqual([spec.clusterIP, spec.clusterIPs, spec.ports?.[0]?.nodePort], ['10.96.0.9', ['10.96.0.9'], 30080])
})

test('a cluster IP may not change', () => {
  const { errors } = update(allocated(), (next) => {
    next.clusterIP = '10.96.0.10'
    next.clusterIPs = ['10.96.0.10']
  })
  assert.deepEqual(errors, ['spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set'])
})

test('becoming an ExternalName gives the address back', () => {
  const { spec, errors } = update(allocated(), (next) => {
    next.type = 'ExternalName'
    next.externalName = 'example.com'
  })
  assert.deepEqual(errors, [])
  assert.deepEqual([spec.clusterIP, spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy], Array(4).fill(undefined))
})

test('a NodePort service that becomes ClusterIP loses its node ports', () => {
  const old = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })
  const { spec, errors } = update(old, (next) => {
    next.type = 'ClusterIP'
  })
  assert.deepEqual(errors, [])
  assert.deepEqual([spec.ports?.[0]?.nodePort, spec.externalTrafficPolicy], [undefined, undefined])
})

test('the table shows how a service is reached', () => {
  const cell = (object: Service, header: string) =>
    serviceColumns.find((column) => column.header === header)?.cell(object, 0)
  const external = (object: Service) => cell(object, 'External-IP')
  assert.equal(external(allocated()), '<none>')
  assert.equal(external(allocated({ externalIPs: ['1.2.3.4', '5.6.7.8'] })), '1.2.3.4,5.6.7.8')
  assert.equal(external(allocated({ type: 'LoadBalancer' })), '<pending>')
  const balanced = { loadBalancer: { ingress: [{ hostname: 'lb.example' }] } }
  assert.equal(external({ ...allocated({ type: 'LoadBalancer' }), status: balanced }), 'lb.example')
  assert.equal(external(service({ type: 'ExternalName', externalName: 'example.com' })), 'example.com')
  assert.equal(cell(allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }), 'Port(s)'), '80:30080/TCP')
})
