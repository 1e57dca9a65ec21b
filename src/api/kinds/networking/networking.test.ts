import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ingress, IPAddress, NetworkPolicy, ServiceCIDR } from '../../types/networking.v1.ts'
import { ingresses } from './ingress.ts'
import { ipAddresses } from './ip-address.ts'
import { networkPolicies } from './network-policy.ts'
import { serviceCidrs } from './service-cidr.ts'

const metadata = {
  name: 'n',
  namespace: 'a',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
}

const blocks = [
  { cidr: '10.0.0.0/8', except: '10.1.0.0/16', problem: undefined },
  {
    cidr: '10.0.0.0/8',
    except: '10.0.0.0/8',
    problem: 'Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
  },
  {
    cidr: '10.0.0.0/8',
    except: '11.0.0.0/16',
    problem: 'Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  },
  { cidr: '10.0.0.0/8', except: 'fd00::/16', problem: 'Invalid value: "fd00::/16": must be a strict subset of `cidr`' },
]
for (const { cidr, except, problem } of blocks) {
  test(`a policy on ${cidr} except ${except}`, () => {
    const ipBlock = { cidr, except: [except] }
    const policy: NetworkPolicy = { metadata, spec: { podSelector: {}, ingress: [{ from: [{ ipBlock }] }] } }
    const messages = networkPolicies.rules.validate?.(policy).map(({ message }) => message)
    assert.deepEqual(messages, problem === undefined ? [] : [problem])
  })
}

for (const { name, valid } of [
  { name: '10.96.0.1', valid: true },
  { name: 'fd00::1', valid: true },
  { name: 'fd00:0::1', valid: false },
  { name: 'one', valid: false },
]) {
  test(`an IPAddress may ${valid ? '' : 'not '}be named ${name}`, () => {
    const parentRef = { resource: 'services', namespace: 'a', name: 's' }
    const address: IPAddress = { metadata: { ...metadata, name }, spec: { parentRef } }
    assert.equal(ipAddresses.rules.validate?.(address).length === 0, valid)
  })
}

const texts = (errors: readonly { field: string; message: string }[] | undefined): string[] =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`)

test('a range of ports needs its first one, and what lies outside a network that is none is not looked at', () => {
  const ipBlock = { cidr: 'bad', except: ['worse'] }
  const ingress = [{ ports: [{ endPort: 5 }], from: [{ ipBlock }] }]
  const policy = { metadata, spec: { podSelector: {}, ingress } } as NetworkPolicy
  assert.deepEqual(texts(networkPolicies.rules.validate?.(policy)), [
    'spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified',
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "bad": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ])
})

test('a network that the old policy has anywhere may stay as it is written', () => {
  const policy = (cidr: string) =>
    ({ metadata, spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr } }] }] } }) as NetworkPolicy
  const changed = (now: string) => networkPolicies.rules.validate?.(policy(now), policy('010.0.0.0/8')).length
  assert.deepEqual([changed('010.0.0.0/8'), changed('010.1.0.0/16')], [0, 1])
})

test('the class of an ingress may be said twice if it is the same', () => {
  const ingress = (annotation: string) =>
    ({
      metadata: { ...metadata, annotations: { 'kubernetes.io/ingress.class': annotation } },
      spec: { ingressClassName: 'a', defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    }) as unknown as Ingress
  assert.deepEqual(texts(ingresses.rules.validate?.(ingress('a'))), [])
  assert.deepEqual(texts(ingresses.rules.validate?.(ingress('b'))), [
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ])
})

test('the addresses of an ingress are addresses and names', () => {
  const ingress = [{ ip: '1.2.3' }, { hostname: '1.2.3.4' }]
  const object = { metadata, status: { loadBalancer: { ingress } } } as unknown as Ingress
  const old = { metadata } as Ingress
  assert.deepEqual(texts(ingresses.rules.validateUpdate?.(object, { old, subresource: 'status' })), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ])
})

test('a service range is written in the one way, and may only get another beside it', () => {
  const range = (...cidrs: string[]) => ({ metadata, spec: { cidrs } }) as ServiceCIDR
  assert.deepEqual(texts(serviceCidrs.rules.validate?.(range('FD00::/64'))), [
    'spec.cidrs[0]: Invalid value: "FD00::/64": must be in canonical form ("fd00::/64")',
  ])
  const change = (...cidrs: string[]) =>
    texts(serviceCidrs.rules.validateUpdate?.(range(...cidrs), { old: range('10.0.0.0/8'), subresource: '' }))
  assert.deepEqual(change('10.0.0.0/8', 'fd00::/64'), [])
  assert.deepEqual(change('11.0.0.0/8'), ['spec.cidrs[0]: Invalid value: "11.0.0.0/8": field is immutable'])
  assert.deepEqual(change(), ['spec.cidrs: Invalid value: []: field is immutable'])
})
