import assert from 'node:assert/strict'
import test from 'node:test'
import { AddressRange } from '../../../api/addresses/address-range.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { IPAddress } from '../../../api/types/networking.v1.ts'
import { ipAddressObject } from './address-allocator.ts'
import { type AddressView, planAddressRepair, planServiceRepair } from './address-repair-plan.ts'
import { examine } from './port-repair.ts'
import { PortSet } from './port-set.ts'

const NOW = Date.parse('2026-01-01T00:10:00Z')

const service = (name: string, spec: object): Service =>
  ({ kind: 'Service', metadata: { name, namespace: 'a' }, spec: { type: 'ClusterIP', ...spec } }) as Service

const address = (name: string, owner: string, more: object = {}): IPAddress => {
  const made = ipAddressObject(name, { namespace: 'a', name: owner })
  return { ...made, metadata: { ...made.metadata, creationTimestamp: '2026-01-01T00:00:00Z' }, ...more } as IPAddress
}

function view(services: readonly Service[], addresses: readonly IPAddress[]): AddressView {
  return {
    ranges: [AddressRange.parse('10.0.0.0/24') as AddressRange],
    address: (name) => addresses.find(({ metadata }) => metadata.name === name),
    service: ({ name }) => services.find(({ metadata }) => metadata.name === name),
  }
}

const s = service('s', { clusterIPs: ['10.0.0.9'] })
const t = service('t', { clusterIPs: ['10.0.0.9'] })

const services: [what: string, subject: Service, others: Service[], addresses: IPAddress[], step: unknown][] = [
  ['all is well', s, [], [address('10.0.0.9', 's')], undefined],
  ['its IPAddress is missing', s, [], [], ['create', 'Cluster IP [IPv4]: 10.0.0.9 is not allocated; repairing']],
  [
    'its address is of no range',
    service('s', { clusterIPs: ['10.1.0.9'] }),
    [],
    [],
    ['tell', 'Cluster IP [IPv4]: 10.1.0.9 is not within any configured Service CIDR; please recreate service'],
  ],
  [
    'its IPAddress is of a Service that is gone',
    s,
    [],
    [address('10.0.0.9', 'gone')],
    ['recreate', 'the ClusterIP [IPv4]: 10.0.0.9 for Service a/s has a wrong reference; repairing'],
  ],
  [
    'another Service has its address',
    s,
    [t],
    [address('10.0.0.9', 't')],
    ['tell', 'Cluster IP [IPv4]:10.0.0.9 was assigned to multiple services; please recreate service'],
  ],
  [
    'its IPAddress has lost its labels',
    s,
    [],
    [address('10.0.0.9', 's', { metadata: { name: '10.0.0.9' } })],
    ['recreate', undefined],
  ],
  ['it is headless', service('s', { clusterIPs: ['None'] }), [], [], undefined],
]

for (const [what, subject, others, addresses, expected] of services) {
  test(`the repair of a Service when ${what}`, () => {
    const [step] = planServiceRepair(subject, view([subject, ...others], addresses))
    assert.deepEqual(step && [step.action, step.warning?.message], expected)
  })
}

const addresses: [what: string, subject: IPAddress, services: Service[], expected: unknown][] = [
  ['all is well', address('10.0.0.9', 's'), [s], {}],
  [
    'its Service is gone',
    address('10.0.0.9', 's'),
    [],
    'IPAddress: 10.0.0.9 for Service a/s appears to have leaked: cleaning up',
  ],
  [
    'its Service may be coming',
    address('10.0.0.9', 's', {
      metadata: { ...address('10.0.0.9', 's').metadata, creationTimestamp: '2026-01-01T00:09:30Z' },
    }),
    [],
    { after: 30_001 },
  ],
  [
    'its Service has another address',
    address('10.0.0.8', 's'),
    [s],
    'IPAddress: 10.0.0.8 for Service a/s has a wrong reference; cleaning up',
  ],
  ['somebody else made it', address('10.0.0.9', 'x', { metadata: { name: '10.0.0.9' } }), [], {}],
]

for (const [what, subject, there, expected] of addresses) {
  test(`the repair of an IPAddress when ${what}`, () => {
    const plan = planAddressRepair(subject, view(there, [subject]), NOW)
    assert.deepEqual('action' in plan ? plan.warning?.message : plan, expected)
  })
}

test('node ports: what Services hold is taken, what nobody holds is freed after a while', () => {
  const range = { first: 30000, last: 30099 }
  const ports = (...nodePorts: number[]) => ({
    type: 'NodePort',
    ports: nodePorts.map((nodePort) => ({ port: 1, nodePort })),
  })
  const stored = new PortSet(range)
  for (const port of [30001, 30007]) stored.take(port)
  const all = [service('s', ports(30001, 30002)), service('t', ports(30002, 20000))]
  const first = examine(all, stored, range, new Map())
  assert.deepEqual(
    first.warnings.map(({ message }) => message),
    [
      'Port 30002 is not allocated; repairing',
      'Port 30002 was assigned to multiple services; please recreate service',
      'Port 20000 is not within the port range 30000-30099; please recreate service',
    ],
  )
  assert.deepEqual([first.missing, first.freed, [...first.leaks]], [[30002], [], [[30007, 1]]])
  assert.deepEqual(examine(all, stored, range, new Map([[30007, 3]])).freed, [30007])
})
