import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathText } from './element.ts'
import { fieldSet, paths } from './field-set.ts'
import { OwnableFields, withoutIdentity } from './ownable-fields.ts'

const path = (text: string): string[] => text.split(' ').map((name) => (name.startsWith('k:') ? name : `f:${name}`))
const setOf = (...texts: string[]) => fieldSet(...texts.map(path))
const textsOf = (fields: object): string[] => paths(fields as never).map(pathText)

const C = 'k:{"name":"c"}'
const FIELDS = setOf(
  'metadata labels',
  'metadata labels a',
  'metadata ownerReferences',
  'spec',
  `spec containers ${C}`,
  `spec containers ${C} image`,
  `spec containers ${C} resources limits`,
  'status conditions',
  'status phase',
)

const rules: [what: string, rule: ConstructorParameters<typeof OwnableFields>[0], left: string[]][] = [
  ['nothing is excepted', { except: [] }, textsOf(FIELDS)],
  ['a field with all below it', { except: ['metadata', 'spec'] }, ['.status.conditions', '.status.phase']],
  [
    'a field further down',
    { except: ['spec', 'metadata.labels', 'status.conditions'] },
    ['.metadata.ownerReferences', '.status.phase'],
  ],
  ['only one field', { only: ['status.phase'] }, ['.status.phase']],
  [
    'only a field of any item',
    { only: ['spec.containers.*.resources'] },
    ['.spec.containers[name="c"].resources.limits'],
  ],
]

for (const [what, rule, left] of rules) {
  test(`what can be owned: ${what}`, () => {
    assert.deepEqual(textsOf(new OwnableFields(rule).filter(FIELDS)), left)
  })
}

test('what identifies an object belongs to nobody', () => {
  const fields = setOf(
    'apiVersion',
    'kind',
    'metadata',
    'metadata name',
    'metadata generateName',
    'metadata uid',
    'data',
  )
  assert.deepEqual(textsOf(withoutIdentity(fields)), ['.data', '.metadata.generateName'])
})

test('an object is shown without what cannot be owned', () => {
  const ownable = new OwnableFields({ except: ['spec', 'metadata.labels', 'status.conditions'] })
  const metadata = { name: 'x', uid: 'u', labels: { a: 'b' }, annotations: { c: 'd' } }
  const shown = ownable.shown({ apiVersion: 'v1', kind: 'K', metadata, spec: {}, status: { phase: 'p' } })
  assert.deepEqual(shown, { metadata: { annotations: { c: 'd' } }, status: { phase: 'p' } })
  assert.equal(ownable.isShown, false, 'conditions are still there')
})
