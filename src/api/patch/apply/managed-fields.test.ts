import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManagedFieldsEntry } from '../../types/meta.v1.ts'
import { decodeManaged, encodeManaged } from './managed-fields.ts'

const entry = (over: Partial<ManagedFieldsEntry>): ManagedFieldsEntry => ({
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': {} },
  ...over,
})

test('entries come back by operation, time, manager, version and subresource', () => {
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
  const sorted = [
    entry({ operation: 'Apply', manager: 'z', time: early }),
    entry({ operation: 'Apply', manager: 'a', time: late }),
    entry({ manager: 'x' }),
    entry({ manager: 'a', time: early }),
    entry({ manager: 'b', apiVersion: 'v1', time: early }),
    entry({ manager: 'b', apiVersion: 'v1', time: early, subresource: 'status' }),
    entry({ manager: 'b', apiVersion: 'v2', time: early }),
  ]
  const decoded = decodeManaged([...sorted].reverse(), { isOurs: true })
  assert.deepEqual(encodeManaged(decoded), sorted)
})

test('the fields of an entry are in the order of its type', () => {
  const [written] =
    encodeManaged(decodeManaged([entry({ subresource: 's', time: '2026-01-01T00:00:00Z' })], { isOurs: true })) ?? []
  assert.deepEqual(Object.keys(written as object), [
    'manager',
    'operation',
    'apiVersion',
    'time',
    'fieldsType',
    'fieldsV1',
    'subresource',
  ])
})

test('who applies is one manager in every version', () => {
  const applied = [entry({ operation: 'Apply' }), entry({ operation: 'Apply', apiVersion: 'v2' })]
  assert.equal(decodeManaged(applied, { isOurs: true }).managers.size, 1)
  assert.equal(decodeManaged([entry({}), entry({ apiVersion: 'v2' })], { isOurs: true }).managers.size, 2)
})

test('nobody owns anything: no entries at all', () => {
  assert.equal(encodeManaged(decodeManaged(undefined, { isOurs: true })), undefined)
})

const refused: [over: object, message: string][] = [
  [{ operation: 'Patch' }, 'operation must be `Apply` or `Update`'],
  [{ apiVersion: undefined }, 'apiVersion must not be empty'],
  [{ fieldsType: undefined }, 'missing fieldsType in managed fields entry 0'],
  [{ fieldsType: 'FieldsV2' }, 'invalid fieldsType "FieldsV2" in managed fields entry 0'],
  [{ fieldsV1: { data: {} } }, 'missing colon: data'],
]

for (const [over, message] of refused) {
  test(`entries are refused: ${message}`, () => {
    const entries = [{ ...entry({}), ...over }] as ManagedFieldsEntry[]
    assert.throws(() => decodeManaged(entries, { isOurs: false }), { name: 'SyntaxError', message })
  })
}
