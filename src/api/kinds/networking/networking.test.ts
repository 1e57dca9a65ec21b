import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IPAddress, NetworkPolicy } from '../../types/networking.v1.ts'
import { ipAddresses } from './ip-address.ts'
import { networkPolicies } from './network-policy.ts'

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
