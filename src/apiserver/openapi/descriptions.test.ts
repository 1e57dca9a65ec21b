import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { schemaTable } from '../../api/schema/schema.ts'
import { parseDescriptions } from './description-file.ts'
import { describeField, describeType, descriptionFileOf } from './descriptions.ts'

const types = [...schemaTable().types.values()]
const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
const directory = new URL('./descriptions/', import.meta.url)
const files = readdirSync(directory).map((file) => file.replace(/\.md$/, ''))
const sectionsOf = (file: string) => parseDescriptions(readFileSync(new URL(`${file}.md`, directory), 'utf8'))

test('every type and every field has a description', () => {
  const missing = types.flatMap(({ name, fields = [] }) => [
    ...(describeType(name) ? [] : [name]),
    ...fields.filter((field) => !describeField(name, field.name)).map((field) => `${name}: ${field.name}`),
  ])
  assert.deepEqual(missing, [])
})

test('a description is of sentences that end with a full stop', () => {
  const described = types.flatMap(({ name, fields = [] }) => [
    describeType(name),
    ...fields.map((field) => describeField(name, field.name)),
  ])
  const odd = [...new Set(described)].filter((text) => !/^[A-Z].*\.$/.test(text))
  assert.deepEqual(odd, [])
})

for (const file of files) {
  test(`descriptions/${file}.md speaks of types and fields that there are`, () => {
    const own = types.filter(({ name }) => file === 'meta' || descriptionFileOf(name) === file)
    const stale = sectionsOf(file).flatMap(({ name, like, fields }) => {
      const pattern = new RegExp(`^${name.replace('*', '.*')}$`)
      const meant = own.filter((type) => pattern.test(shortName(type.name)))
      if (meant.length === 0) return [name]
      const there = new Set(meant.flatMap((type) => (type.fields ?? []).map((field) => field.name)))
      const isUnknown = like && !sectionsOf(file).some((section) => section.name === like)
      return [
        ...(isUnknown ? [`${name} (like ${like})`] : []),
        ...[...fields.keys()].filter((field) => !there.has(field)).map((field) => `${name}: ${field}`),
      ]
    })
    assert.deepEqual(stale, [])
  })
}

test('each group of types has a file', () => {
  assert.deepEqual([...new Set(types.map(({ name }) => descriptionFileOf(name)))].sort(), files.sort())
})

test('a pattern speaks of a type by the part of its name that the star stands for', () => {
  assert.equal(describeType('io.k8s.api.core.v1.PodList'), 'A list of Pod objects.')
})

test('a type has the descriptions of the type that it is like, and its own before them', () => {
  const name = 'io.k8s.api.core.v1.EphemeralContainer'
  assert.equal(describeField(name, 'image'), describeField('io.k8s.api.core.v1.Container', 'image'))
  assert.match(describeField(name, 'lifecycle'), /^Not allowed/)
})

test('a file with a line that belongs to nothing is refused', () => {
  assert.throws(() => parseDescriptions('## Pod\n\nText.\n\n- spec: What is wanted.\nleft over\n'), /left over/)
  assert.throws(() => parseDescriptions('## A Pod\n'), /not the heading/)
})
