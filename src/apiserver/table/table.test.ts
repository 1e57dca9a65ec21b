import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtinResources } from '../../api/kinds/index.ts'
import { groupVersion, type ResourceDefinition } from '../../api/resource.ts'
import { columnDefinitions } from './columns.ts'
import { partialMetadataList } from './partial-metadata.ts'
import { includeObjectOf, tableOf } from './table.ts'

const plain: ResourceDefinition = {
  group: 'example.com',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  namespaced: true,
  verbs: [],
  subresources: {},
  type: 'Thing',
  rules: {},
}
const metadata = { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' }
const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata, spec: {} }
const options = { now: Date.parse('2026-01-01T00:05:00Z'), metadata: { resourceVersion: '7' } }

test('a kind without columns shows its name and when it was created', () => {
  assert.deepEqual(tableOf(plain, [thing], options), {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '7' },
    columnDefinitions: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'Name of the Thing, unique among its kind in its namespace.',
        priority: 0,
      },
      {
        name: 'Created At',
        type: 'date',
        format: '',
        description: 'When the Thing was created, as RFC 3339 time.',
        priority: 0,
      },
    ],
    rows: [
      {
        cells: ['a', '2026-01-01T00:00:00Z'],
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
      },
    ],
  })
})

test('rows carry as much of the object as was asked for', () => {
  const object = (includeObject: 'None' | 'Object') =>
    tableOf(plain, [thing], { ...options, includeObject }).rows[0]?.object
  assert.equal(object('None'), null)
  assert.equal(object('Object'), thing)
})

test('includeObject takes three values', () => {
  assert.equal(includeObjectOf(undefined), 'Metadata')
  assert.equal(includeObjectOf('None'), 'None')
  const message = `Unable to convert to Table as requested: includeObject: Invalid value: "Odd": must be 'Metadata', 'Object', 'None', or empty`
  assert.throws(() => includeObjectOf('Odd'), { code: 400, message })
})

test('later events of a watch come without headers', () => {
  assert.equal(tableOf(plain, [thing], { ...options, headers: false }).columnDefinitions, null)
})

test('the row of a pod that has ended says so', () => {
  const pods = builtinResources().find(({ group, plural }) => group === '' && plural === 'pods') as ResourceDefinition
  const pod = { metadata, spec: { containers: [] }, status: { phase: 'Succeeded' } }
  assert.deepEqual(tableOf(pods, [pod], options).rows[0]?.conditions, [
    { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  ])
})

test('a list of metadata has the metadata of the list and of each object', () => {
  assert.deepEqual(partialMetadataList([thing], { resourceVersion: '7' }, 'v1beta1'), {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1beta1',
    metadata: { resourceVersion: '7' },
    items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1', metadata }],
  })
})

interface Recorded {
  tables: {
    groupVersion: string
    resource: string
    columns: { name: string; type: string; format: string; priority: number }[]
  }[]
}

test('the columns of each kind that has some include those recorded from upstream', () => {
  const file = new URL('../../../tools/facts/printer-columns.json', import.meta.url)
  const { tables } = JSON.parse(readFileSync(file, 'utf8')) as Recorded
  for (const definition of builtinResources().filter(({ rules }) => rules.columns)) {
    const found = columnDefinitions(definition).map(({ description: _, ...column }) => column)
    const at = groupVersion(definition)
    const recorded = tables.find((entry) => entry.groupVersion === at && entry.resource === definition.plural)
    for (const column of recorded?.columns ?? []) {
      assert.deepEqual(
        found.find(({ name }) => name === column.name),
        column,
        `${at} ${definition.plural}`,
      )
    }
  }
})
