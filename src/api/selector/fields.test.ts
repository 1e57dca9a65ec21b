import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFieldLabels, parseFieldSelector } from './fields.ts'

test('requirements are sorted and values unescaped', () => {
  assert.deepEqual(parseFieldSelector('b!=c\\,d\\=,a==1,,c=').requirements, [
    { field: 'a', op: '=', value: '1' },
    { field: 'b', op: '!=', value: 'c,d=' },
    { field: 'c', op: '=', value: '' },
  ])
})

const errors: [given: string, message: string][] = [
  ['nosense', "invalid selector: 'nosense'; can't understand 'nosense'"],
  ['metadata.name in (a)', "invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'"],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
]

for (const [given, message] of errors) {
  test(`the field selector ${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => parseFieldSelector(given), { code: 400, message })
  })
}

test('all requirements have to hold; an unset field is the empty string', () => {
  const selector = parseFieldSelector('status.phase!=Running,spec.nodeName=')
  const fields = (phase: string, node: string) => (field: string) => (field === 'status.phase' ? phase : node)
  assert.equal(selector.matches(fields('Pending', '')), true)
  assert.equal(selector.matches(fields('Running', '')), false)
  assert.equal(selector.matches(fields('Pending', 'n')), false)
  assert.equal(parseFieldSelector('').empty, true)
})

test('fields that a kind does not select by are refused in its own words', () => {
  const selector = parseFieldSelector('spec.priority=0,metadata.name=a')
  assert.throws(() => checkFieldLabels(selector, { fields: ['spec.nodeName'], namespace: true }), {
    message: 'field label not supported: spec.priority',
  })
  const message = '"spec.priority" is not a known field selector: only "metadata.name", "metadata.namespace"'
  assert.throws(() => checkFieldLabels(selector, { fields: [], namespace: true }), { code: 400, message })
  assert.doesNotThrow(() => checkFieldLabels(selector, { fields: ['spec.priority'], namespace: true }))
})
