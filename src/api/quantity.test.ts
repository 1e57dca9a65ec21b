import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  isPositive,
  milliValue,
  parseQuantity,
  subtractQuantities,
  unitValue,
} from './quantity.ts'

const canonical: [given: string | number, written: string][] = [
  ['0', '0'],
  ['0m', '0'],
  ['-0', '0'],
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['100000', '100k'],
  ['1500', '1500'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1023', '1023'],
  ['1e3', '1e3'],
  ['12e2', '1200'],
  ['1E', '1E'],
  ['.5', '500m'],
  ['+5', '5'],
  ['-1500m', '-1500m'],
  ['1n', '1n'],
  ['0.1n', '1n'],
  ['100E', '100E'],
  ['16Ei', '9223372036854775807'],
  [0.1, '100m'],
  [2, '2'],
]

for (const [given, written] of canonical) {
  test(`${given} is written as ${written}`, () => {
    assert.equal(canonicalQuantity(given), written)
  })
}

for (const text of ['', 'lots', '1.2.3', '1x', ' 1', '1 ', '.', '--1', '1e1000000000']) {
  test(`${JSON.stringify(text)} is no quantity`, () => {
    assert.throws(() => parseQuantity(text), { message: /^quantities must match the regular expression/ })
  })
}

test('a suffix of known letters that means nothing has its own error', () => {
  for (const text of ['1KK', '1mi', '1m5']) {
    assert.throws(() => parseQuantity(text), { message: "unable to parse quantity's suffix" })
  }
})

test('a canonical quantity is its own canonical form and the same amount', () => {
  for (let seed = 1; seed < 2000; seed++) {
    const number = (seed * 7919) % 100_003
    const text = `${number % 7 === 0 ? number / 8 : number}${['', 'm', 'k', 'Mi', 'Gi', 'u', 'e2'][seed % 7]}`
    const once = canonicalQuantity(text)
    assert.equal(canonicalQuantity(once), once, text)
    assert.equal(compareQuantities(once, text), 0, text)
  }
})

test('amounts are compared, added and subtracted exactly', () => {
  assert.equal(compareQuantities('1', '1000m'), 0)
  assert.equal(compareQuantities('1Gi', '1G') > 0, true)
  assert.equal(compareQuantities('-1', '1n') < 0, true)
  assert.equal(addQuantities('0.1', '0.2'), '300m')
  assert.equal(addQuantities('0', '1024Ki'), '1Mi')
  assert.equal(subtractQuantities('1Gi', '512Mi'), '512Mi')
})

test('what is more than nothing is positive', () => {
  for (const amount of ['1', '10m', '9Gi', '0.5', '1n', '1e-2000']) assert.equal(isPositive(amount), true, amount)
  for (const amount of ['0', '0m', '-1', '-5m', '0.0']) assert.equal(isPositive(amount), false, amount)
})

test('whole units and thousandths are rounded up', () => {
  assert.deepEqual(['100m', '1', '1.0005', '1n', '-1500m'].map(milliValue), [100, 1000, 1001, 1, -1500])
  assert.deepEqual(['100m', '1', '1Ki', '1500m'].map(unitValue), [1, 1, 1024, 2])
})

test('what is no quantity is refused each time, and an amount is the same each time', () => {
  for (const _ of [1, 2]) {
    assert.throws(() => parseQuantity('1Xi'))
    assert.deepEqual(parseQuantity('2Ki'), { nanos: 2_048_000_000_000n, format: 'BinarySI' })
    assert.deepEqual(parseQuantity(2048), { nanos: 2_048_000_000_000n, format: 'DecimalSI' })
  }
})
