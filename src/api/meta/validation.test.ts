import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TemplateMeta } from '../types/meta.v1.ts'
import { generatedName, newUid } from './identity.ts'
import { dns1123LabelErrors, namePrefixErrors } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './validation.ts'

const good: TemplateMeta = { name: 'a', namespace: 'n', resourceVersion: '1', uid: 'u' }
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }
const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)

const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const created: [what: string, change: TemplateMeta, errors: string[]][] = [
  ['nothing wrong', {}, []],
  ['no name', { name: '' }, ['metadata.name: Required value: name or generateName is required']],
  ['a bad namespace', { namespace: 'A' }, [`metadata.namespace: Invalid value: "A": ${LABEL}`]],
  ['a bad label key', { labels: { 'a b': 'c' } }, [`metadata.labels: Invalid value: "a b": ${NAME_PART}`]],
  [
    'large annotations',
    { annotations: { a: 'x'.repeat(262144) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  [
    'a bad finalizer',
    { finalizers: [''] },
    [
      `metadata.finalizers: Invalid value: "": name part must be non-empty`,
      `metadata.finalizers: Invalid value: "": ${NAME_PART}`,
    ],
  ],
  [
    'an owner without identity',
    { ownerReferences: [{ ...owner, uid: '' }] },
    ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
  ],
  [
    'fields of another type',
    { managedFields: [{ fieldsType: 'FieldsV2', operation: 'Update' }] },
    ['metadata.managedFields[0].fieldsType: Invalid value: "FieldsV2": must be `FieldsV1`'],
  ],
]

for (const [what, change, errors] of created) {
  test(`metadata on create: ${what}`, () => {
    assert.deepEqual(texts(validateObjectMeta({ ...good, ...change }, { namespaced: true })), errors)
  })
}

test('only one owner controls', () => {
  const [error] = validateObjectMeta(
    { ...good, ownerReferences: [owner, { ...owner, name: 's' }] },
    { namespaced: true },
  )
  assert.match(
    error?.message ?? '',
    /Only one reference can have Controller set to true\. Found "true" in references for ReplicaSet\/r and ReplicaSet\/s$/,
  )
})

test('a kind without namespaces takes none', () => {
  const errors = texts(validateObjectMeta(good, { namespaced: false }))
  assert.deepEqual(errors, ['metadata.namespace: Forbidden: not allowed on this type'])
})

const updated: [what: string, change: TemplateMeta, old: TemplateMeta, errors: string[]][] = [
  ['nothing changed', {}, {}, []],
  [
    'no resourceVersion',
    { resourceVersion: '' },
    {},
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  ['another uid', { uid: 'v' }, {}, ['metadata.uid: Invalid value: "v": field is immutable']],
  [
    'a lower generation',
    { generation: 1 },
    { generation: 2 },
    ['metadata.generation: Invalid value: 1: must not be decremented'],
  ],
  [
    'a finalizer added while deleting',
    { deletionTimestamp: 't', finalizers: ['b', 'a'] },
    { deletionTimestamp: 't', finalizers: ['b'] },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a"}',
    ],
  ],
]

for (const [what, change, old, errors] of updated) {
  test(`metadata on update: ${what}`, () => {
    assert.deepEqual(texts(validateObjectMetaUpdate({ ...good, ...change }, { ...good, ...old })), errors)
  })
}

test('a prefix for generated names may end in a dash', () => {
  assert.deepEqual(namePrefixErrors('dns1123subdomain', 'a-'), [])
  assert.equal(namePrefixErrors('dns1123subdomain', '-a').length, 1)
})

test('a label with dots is told so, and lengths count in bytes', () => {
  assert.deepEqual(dns1123LabelErrors('a.b'), ['must not contain dots'])
  assert.deepEqual(dns1123LabelErrors('a'.repeat(64)), ['must be no more than 63 characters'])
})

test('generated names are at most 63 characters, with a suffix of the safe alphabet', () => {
  assert.match(generatedName('x'.repeat(80)), /^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  assert.match(newUid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
