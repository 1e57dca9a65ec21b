import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../api/types/core.v1.ts'
import type { Endpoint, EndpointSlice } from '../api/types/discovery.v1.ts'
import { servicePorts } from './service-ports.ts'

const meta = (name: string, labels = {}) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels,
})

function service(spec: Partial<Service['spec']> = {}): Service {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' as const, nodePort: 30080 }]
  return {
    metadata: meta('web'),
    spec: { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports, ...spec },
    status: {},
  }
}

function slice(...endpoints: Endpoint[]): EndpointSlice {
  return {
    metadata: meta('web-1', { 'kubernetes.io/service-name': 'web' }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  }
}

const here = (ip: string, conditions = {}): Endpoint => ({ addresses: [ip], nodeName: 'me', conditions })
const there = (ip: string, conditions = {}): Endpoint => ({ addresses: [ip], nodeName: 'other', conditions })

const leaving = { ready: false, serving: true, terminating: true }
const unready = { ready: false, serving: false, terminating: false }

const cases: {
  what: string
  spec?: Partial<Service['spec']>
  endpoints: Endpoint[]
  internal: string[]
  external: string[]
}[] = [
  {
    what: 'ready backends are used, the others not',
    endpoints: [here('10.1', {}), there('10.2', unready)],
    internal: ['10.1'],
    external: ['10.1'],
  },
  {
    what: 'without ready ones, those that serve while terminating',
    endpoints: [here('10.1', leaving), there('10.2', unready)],
    internal: ['10.1'],
    external: ['10.1'],
  },
  {
    what: 'a Local policy keeps to this node',
    spec: { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' },
    endpoints: [here('10.1'), there('10.2')],
    internal: ['10.1'],
    external: ['10.1'],
  },
  {
    what: 'a Local policy falls back to terminating backends of this node only',
    spec: { externalTrafficPolicy: 'Local' },
    endpoints: [here('10.1', leaving), there('10.2')],
    internal: ['10.2'],
    external: ['10.1'],
  },
  {
    what: 'the same address in two slices counts once',
    endpoints: [here('10.1'), here('10.1')],
    internal: ['10.1'],
    external: ['10.1'],
  },
]

for (const { what, spec, endpoints, internal, external } of cases) {
  test(`service ports: ${what}`, () => {
    const [port] = servicePorts(service(spec), [slice(...endpoints)], 'me')
    assert.deepEqual(
      { internal: port?.internal.map(({ ip }) => ip), external: port?.external.map(({ ip }) => ip) },
      { internal, external },
    )
  })
}

test('service ports: headless and ExternalName Services forward nothing', () => {
  assert.deepEqual(servicePorts(service({ clusterIP: 'None', clusterIPs: ['None'] }), [], 'me'), [])
  assert.deepEqual(servicePorts(service({ type: 'ExternalName' }), [], 'me'), [])
})
