import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../../base/deep-readonly.ts'
import type { MergeType } from '../../merge-type.ts'
import type { JsonObject } from '../json-value.ts'
import { type Applied, applyConfiguration } from './apply.ts'
import { pathText } from './element.ts'
import { fieldSet, paths, recursiveDifference } from './field-set.ts'
import { FieldConflicts, type Managers, type OwnershipRules, type VersionedObject } from './managers.ts'
import { ownersAfterUpdate } from './ownership.ts'
import { tableMergeType } from './table-merge-type.ts'

const CONFIG_MAP = tableMergeType('io.k8s.api.core.v1.ConfigMap')
const POD_SPEC = tableMergeType('io.k8s.api.core.v1.PodSpec')

const RULES: OwnershipRules = { converter: { convert: (object) => object }, filter: (fields) => fields }

/** An object and its owners, written to by several managers in turn. */
class Subject {
  object: VersionedObject
  managers: Managers = new Map()
  readonly #rules: OwnershipRules

  constructor(type: MergeType, value: JsonObject = {}, rules: OwnershipRules = RULES) {
    this.object = deepFreeze({ apiVersion: 'v1', type: type as never, value }) as VersionedObject
    this.#rules = rules
  }

  async apply(manager: string, value: JsonObject, { force = false, apiVersion = 'v1' } = {}): Promise<Applied> {
    const { type } = this.object
    const live = (await this.#rules.converter.convert(this.object, apiVersion)) as VersionedObject
    const config = { apiVersion, type, value: deepFreeze(value) as JsonObject }
    const applied = await applyConfiguration({ live, config, managers: this.managers, manager, force }, this.#rules)
    this.managers = applied.managers
    if (applied.object) this.object = applied.object
    return applied
  }

  async update(manager: string, value: JsonObject): Promise<void> {
    const next = { ...this.object, value: deepFreeze(value) as JsonObject }
    this.managers = await ownersAfterUpdate({ live: this.object, next, managers: this.managers, manager }, this.#rules)
    this.object = next
  }

  get value(): JsonObject | null {
    return this.object.value
  }

  owned(manager: string): string[] {
    return paths(this.managers.get(manager)?.fields ?? {})
      .map(pathText)
      .sort()
  }
}

async function conflictsOf(apply: Promise<unknown>): Promise<string[]> {
  try {
    await apply
    return []
  } catch (error) {
    assert.ok(error instanceof FieldConflicts, String(error))
    return error.conflicts.map(({ manager, path }) => `${manager} ${pathText(path)}`)
  }
}

test('what is applied no longer goes away', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.apply('a', { data: { x: '1', y: '2' } })
  await subject.apply('a', { data: { x: '1' } })
  assert.deepEqual(subject.value, { data: { x: '1' } })
  assert.deepEqual(subject.owned('a'), ['.data.x'])
})

test('what somebody else owns too stays, and is no conflict while it is the same', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.apply('a', { data: { x: '1', y: '2' } })
  assert.equal((await subject.apply('b', { data: { y: '2' } })).object, undefined)
  await subject.apply('a', { data: { x: '1' } })
  assert.deepEqual(subject.value, { data: { x: '1', y: '2' } })
  await subject.apply('b', { data: {} })
  assert.deepEqual(subject.value, { data: { x: '1' } })
})

test('what an update set stays', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.update('u', { data: { z: '0' } })
  await subject.apply('a', { data: { x: '1' } })
  await subject.apply('a', {})
  assert.deepEqual(subject.value, { data: { z: '0' } })
})

test('a change of what others own is a conflict, unless it is forced', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.apply('a', { data: { x: '1', y: '2' } })
  assert.deepEqual(await conflictsOf(subject.apply('b', { data: { x: '9', y: '2' } })), ['a .data.x'])
  await subject.apply('b', { data: { x: '9', y: '2' } }, { force: true })
  assert.deepEqual([subject.owned('a'), subject.owned('b')], [['.data.y'], ['.data.x', '.data.y']])
})

test('an update takes what it changes, and owns it beside what it had', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.apply('a', { data: { x: '1', y: '2' } })
  await subject.update('u', { data: { x: '9', y: '2' } })
  await subject.update('u', { data: { x: '9', y: '2', z: '3' } })
  assert.deepEqual([subject.owned('a'), subject.owned('u')], [['.data.y'], ['.data.x', '.data.z']])
})

test('an update that removes what others own leaves nobody with it', async () => {
  const subject = new Subject(CONFIG_MAP)
  await subject.apply('a', { data: { x: '1' } })
  await subject.update('u', {})
  assert.deepEqual([...subject.managers.keys()], [])
})

test('an item of a list goes with everything in it when its only owner leaves it', async () => {
  const subject = new Subject(POD_SPEC)
  await subject.apply('a', {
    containers: [
      { name: 'c', image: '1' },
      { name: 'd', image: '1' },
    ],
  })
  subject.object = {
    ...subject.object,
    value: {
      containers: [
        { name: 'c', image: '1', imagePullPolicy: 'Always' },
        { name: 'd', image: '1' },
      ],
    },
  }
  await subject.apply('a', { containers: [{ name: 'd', image: '1' }] })
  assert.deepEqual(subject.value, { containers: [{ name: 'd', image: '1' }] })
})

test('an item that another applier has a field in stays with that field', async () => {
  const subject = new Subject(POD_SPEC)
  await subject.apply('a', { containers: [{ name: 'c', image: '1', workingDir: '/' }] })
  await subject.apply('b', { containers: [{ name: 'c', command: ['x'] }] })
  await subject.apply('a', { containers: [{ name: 'd', image: '2' }] })
  assert.deepEqual(subject.value, {
    containers: [
      { name: 'c', command: ['x'] },
      { name: 'd', image: '2' },
    ],
  })
})

test('a field of an item that an updater set goes with the item that only the applier owns', async () => {
  const subject = new Subject(POD_SPEC)
  await subject.apply('a', { containers: [{ name: 'c', image: '1' }] })
  await subject.update('u', { containers: [{ name: 'c', image: '1', env: [{ name: 'E', value: 'e' }] }] })
  await subject.apply('a', { containers: [{ name: 'd', image: '1' }] })
  assert.deepEqual(subject.value, { containers: [{ name: 'd', image: '1' }] })
  assert.deepEqual(subject.owned('u'), [])
})

test('fields that cannot be owned never are', async () => {
  const data = fieldSet(['f:data'])
  const filter: OwnershipRules['filter'] = (fields) => recursiveDifference(fields, data)
  const subject = new Subject(CONFIG_MAP, {}, { ...RULES, filter })
  await subject.apply('a', { data: { x: '1' }, immutable: true })
  await subject.apply('b', { data: { x: '2' }, immutable: true })
  assert.deepEqual([subject.owned('a'), subject.owned('b')], [['.immutable'], ['.immutable']])
})

/** Version v2 calls `data` `content`. */
const RENAMING: OwnershipRules = {
  filter: (fields) => fields,
  converter: {
    async convert(object, apiVersion) {
      if (apiVersion === object.apiVersion) return object
      if (apiVersion === 'v0') return undefined
      const { data, content, ...rest } = object.value ?? {}
      const renamed = apiVersion === 'v2' ? { content: data } : { data: content }
      return { apiVersion, type: VERSIONED, value: JSON.parse(JSON.stringify({ ...rest, ...renamed })) }
    },
  },
}

const VERSIONED: MergeType = {
  kind: 'object',
  field: (name) => (name === 'data' || name === 'content' ? { kind: 'deduced' } : undefined),
  declares: () => true,
}

test('owners are told from each other across versions', async () => {
  const subject = new Subject(VERSIONED, {}, RENAMING)
  await subject.apply('a', { data: { x: '1', y: '1' } })
  const conflicts = await conflictsOf(subject.apply('b', { content: { x: '2' } }, { apiVersion: 'v2' }))
  assert.deepEqual(conflicts, ['a .data.x'])
  await subject.apply('b', { content: { x: '2' } }, { apiVersion: 'v2', force: true })
  assert.deepEqual([subject.owned('a'), subject.owned('b')], [['.data.y'], ['.content.x']])
})

test('what was applied in another version is pruned in that version', async () => {
  const subject = new Subject(VERSIONED, {}, RENAMING)
  await subject.apply('a', { data: { x: '1', y: '1' } })
  await subject.apply('a', { content: { x: '1' } }, { apiVersion: 'v2' })
  assert.deepEqual([subject.object.apiVersion, subject.value], ['v2', { content: { x: '1' } }])
})

test('who wrote in a version that is gone is forgotten', async () => {
  const subject = new Subject(VERSIONED, { data: { x: '1' } }, RENAMING)
  subject.managers = new Map([['old', { apiVersion: 'v0', applied: true, fields: fieldSet(['f:data', 'f:x']) }]])
  await subject.apply('a', { data: { x: '2' } })
  assert.deepEqual([...subject.managers.keys()], ['a'])
})
