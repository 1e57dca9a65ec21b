import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortSet } from './port-set.ts'

const range = { first: 30000, last: 30099 }

test('a port is given once, and again when it came back', () => {
  const ports = new PortSet(range)
  assert.equal(ports.take(30001), undefined)
  assert.equal(ports.take(30001), 'provided port is already allocated')
  ports.release(30001)
  assert.equal(ports.take(30001), undefined)
})

test('ports outside the range are refused', () => {
  const why = 'provided port is not in the valid range. The range of valid ports is 30000-30099'
  assert.deepEqual([new PortSet(range).take(29999), new PortSet(range).take(30100)], [why, why])
})

test('any port comes from the dynamic part until that is full', () => {
  const ports = new PortSet(range)
  const given = Array.from({ length: 101 }, () => ports.takeAny(() => 0.5))
  assert.ok(given.slice(0, 84).every((port) => port !== undefined && port >= 30016))
  assert.ok(given.slice(84, 100).every((port) => port !== undefined && port < 30016))
  assert.equal(given[100], undefined)
  assert.equal(new Set(given).size, 101)
})

test('what is stored is read back', () => {
  const ports = new PortSet(range)
  for (const port of [30000, 30008, 30099]) ports.take(port)
  assert.deepEqual([...PortSet.fromBytes(range, ports.toBytes())], [30000, 30008, 30099])
  assert.equal(ports.toBytes().at(-1), 1) // big-endian, as upstream's big.Int
})
