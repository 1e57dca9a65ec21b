import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkNetwork, checkOrdinaryAddress } from './addresses.ts'
import { dataKeyErrors, environmentNameErrors } from './data-keys.ts'
import { describeDifference } from './difference.ts'
import { semanticEqual } from './equality.ts'
import { collect, type FieldErrors } from './field-errors.ts'
import { FieldPath } from './field-path.ts'
import { portNameErrors } from './ports.ts'
import { isFractional } from './quantities.ts'
import { checkContainerResourceName } from './resource-names.ts'
import { Seen } from './seen.ts'

const texts = (check: (errors: FieldErrors) => void): string[] => collect(check).map(({ message }) => message)

test('a path reads as upstream writes it', () => {
  const path = FieldPath.of('spec').child('containers').index(0).child('resources.limits').key('cpu')
  assert.equal(String(path), 'spec.containers[0].resources.limits[cpu]')
})

test('every value that has come up was seen, unset ones too', () => {
  const values = [undefined, 'a', undefined, 'a', 'b', 'c', 'b']
  const seen = new Seen<string | undefined>()
  assert.equal(seen.isEmpty, true)
  const again = values.map((value) => {
    const isKnown = seen.has(value)
    seen.add(value)
    return isKnown
  })
  assert.deepEqual(again, [false, false, true, true, false, false, true])
  assert.equal(seen.isEmpty, false)
})

test('fractions are found in every notation', () => {
  for (const whole of ['0', '1', '999', '16Mi', '32k', '1e3', '1000m', '123456789012', '1.5Ki', '-3']) {
    assert.equal(isFractional(whole), false, whole)
  }
  for (const fraction of ['1m', '0.5', '100u', '1.0001Ki', '-1500m'])
    assert.equal(isFractional(fraction), true, fraction)
})

test('addresses are unambiguous', () => {
  const cases = [
    ['10.0.0.1', []],
    ['fd00::1', []],
    ['10.0.0.01', ['Invalid value: "10.0.0.01": must not have leading 0s']],
    ['::ffff:1.2.3.4', ['Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address']],
    ['1.2.3', ['Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  ] as const
  for (const [address, expected] of cases) {
    assert.deepEqual(
      texts((errors) => checkAddress(address, 'ip', errors)),
      expected,
    )
  }
  assert.deepEqual(
    texts((errors) => checkAddress('10.0.0.01', 'ip', errors, ['10.0.0.01'])),
    [],
  )
})

test('networks have no bits beyond their prefix', () => {
  const cases = [
    ['10.9.8.0/24', 0],
    ['2001:db8::/64', 0],
    ['10.9.8.1/24', 1],
    ['2001:db8::1/64', 1],
    ['10.9.8.0/33', 1],
    ['10.9.8.0', 1],
  ] as const
  for (const [network, count] of cases) {
    assert.equal(texts((errors) => checkNetwork(network, 'cidr', errors)).length, count, network)
  }
})

test('special addresses are no endpoints', () => {
  for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::', '169.254.1.1', 'fe80::1', '224.0.0.5']) {
    assert.equal(texts((errors) => checkOrdinaryAddress(address, 'ip', errors)).length, 1, address)
  }
  assert.deepEqual(
    texts((errors) => checkOrdinaryAddress('10.1.2.3', 'ip', errors)),
    [],
  )
})

test('names of ports, keys and variables', () => {
  assert.deepEqual(portNameErrors('http'), [])
  assert.deepEqual(portNameErrors('a-very-long-port-name'), ['must be no more than 15 characters'])
  assert.deepEqual(portNameErrors('80'), ['must contain at least one letter (a-z)'])
  assert.deepEqual(dataKeyErrors('a_b.c-d'), [])
  assert.deepEqual(dataKeyErrors('..a'), ["must not start with '..'"])
  assert.deepEqual(environmentNameErrors('my var'), [])
  assert.equal(environmentNameErrors('A=B').length, 1)
})

test('containers ask for standard and extended resources', () => {
  const count = (name: string) => texts((errors) => checkContainerResourceName(name, 'name', errors)).length
  assert.deepEqual(['cpu', 'hugepages-2Mi', 'example.com/gpu', 'pods', 'nosuch'].map(count), [0, 0, 0, 1, 2])
})

test('unset is the same as empty, but not as false or zero', () => {
  assert.ok(semanticEqual({ a: [] }, {}))
  assert.ok(semanticEqual({ a: '' }, {}))
  assert.ok(!semanticEqual({ a: false }, {}))
  assert.ok(!semanticEqual({ a: 0 }, {}))
  assert.ok(!semanticEqual({ a: [1, 2] }, { a: [2, 1] }))
})

test('a difference names the fields that changed', () => {
  assert.equal(describeDifference({ a: { b: [1] }, c: 1 }, { a: { b: [2] }, c: 1 }), '  a.b[0]:\n-   1\n+   2')
})
