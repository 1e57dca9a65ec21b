import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageVersionMigration } from '../../types/storagemigration.v1beta1.ts'
import { storageVersionMigrations } from './storage-version-migration.ts'

const { validate, validateUpdate } = storageVersionMigrations.rules
const texts = (errors: readonly { field: string; message: string }[] = []): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`)

const migration = (resource: object, status: object = {}): StorageVersionMigration =>
  ({ metadata: { name: 'm' }, spec: { resource }, status }) as StorageVersionMigration

const secrets = { group: '', resource: 'secrets' }
const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'R',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
})

test('a migration names a resource, with its group if it has one', () => {
  assert.deepEqual(texts(validate?.(migration(secrets))), [])
  assert.deepEqual(texts(validate?.(migration({}))), [
    'spec.resource.resource: Required value: resource is required to be set',
  ])
  const fields = validate?.(migration({ group: 'A', resource: '1' }))?.map(({ field }) => field)
  assert.deepEqual(fields, ['spec.resource.resource', 'spec.resource.group'])
})

test('what is migrated is not changed', () => {
  const context = { old: migration(secrets), subresource: '' }
  const errors = texts(validateUpdate?.(migration({ resource: 'pods' }), context))
  assert.deepEqual(errors, ['spec: Invalid value: {"resource":{"resource":"pods"}}: field is immutable'])
})

test('a migration ends once, in one way, and keeps its revision', () => {
  const old = migration(secrets, { resourceVersion: '5', conditions: [condition('Succeeded')] })
  const conditions = [condition('Failed'), condition('Running')]
  const errors = validateUpdate?.(migration(secrets, { resourceVersion: '05', conditions }), {
    old,
    subresource: 'status',
  })
  const ends = texts(errors).map((text) => text.slice(text.lastIndexOf(': ') + 2))
  assert.deepEqual(ends, [
    '05',
    'field is immutable',
    'Running condition cannot be true when failed condition is true',
    'Success condition cannot be set to false once it is true',
  ])
})
