import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import { FakeInformer } from '../../testing/fake-informer.ts'
import { endpointOf } from './endpoint.ts'

const target = { namespace: 'ns', name: 'api', port: 443 }

const service = (spec: Partial<Service['spec']>): Service =>
  ({ metadata: { name: 'api', namespace: 'ns' }, spec: { type: 'ClusterIP', ...spec } }) as Service

const listening = service({ ports: [{ name: 'https', port: 443 }] })

const slice = (more: Partial<EndpointSlice>): EndpointSlice =>
  ({
    metadata: { name: 'api-1', namespace: 'ns', labels: { 'kubernetes.io/service-name': 'api' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: 8443 }],
    endpoints: [],
    ...more,
  }) as EndpointSlice

const cases: readonly [what: string, services: Service[], slices: EndpointSlice[], expected: object][] = [
  ['no Service', [], [], { reason: 'ServiceNotFound', message: 'service/api in "ns" is not present' }],
  [
    'a Service without the port',
    [service({ ports: [{ port: 80 }] })],
    [],
    { reason: 'ServicePortError', message: 'service/api in "ns" is not listening on port 443' },
  ],
  [
    'no slices',
    [listening],
    [],
    { reason: 'EndpointsNotFound', message: 'cannot find endpointslices for service/api in "ns"' },
  ],
  [
    'slices without a ready endpoint',
    [listening],
    [slice({ endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] })],
    {
      reason: 'MissingEndpoints',
      message: 'endpointslices for service/api in "ns" have no addresses with port name "https"',
    },
  ],
  [
    'slices of another port',
    [listening],
    [slice({ ports: [{ name: 'http', port: 80 }], endpoints: [{ addresses: ['10.0.0.1'] }] })],
    {
      reason: 'MissingEndpoints',
      message: 'endpointslices for service/api in "ns" have no addresses with port name "https"',
    },
  ],
  [
    'a ready endpoint',
    [listening],
    [slice({ endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false } }] })],
    { address: { host: '10.0.0.1', port: 8443 } },
  ],
  [
    'a name outside',
    [service({ type: 'ExternalName', externalName: 'api.example.com' })],
    [],
    { address: { host: 'api.example.com', port: 443 } },
  ],
]

for (const [what, services, slices, expected] of cases) {
  test(`where an APIService leads with ${what}`, () => {
    const listers = {
      services: new FakeInformer(...services).lister,
      endpointSlices: new FakeInformer(...slices).lister,
    }
    assert.deepEqual(endpointOf(target, listers), expected)
  })
}
