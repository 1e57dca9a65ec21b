import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/types/apiextensions.v1.ts'
import { customDefinition } from '../../testing/custom-definition.ts'
import { acceptNames } from './names.ts'

type Names = CustomResourceDefinitionNames

const WIDGET: Names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }

function holding(wanted: Names, held?: Names): CustomResourceDefinition {
  const definition = customDefinition()
  definition.spec.names = wanted
  if (held) definition.status = { acceptedNames: held } as CustomResourceDefinition['status']
  return definition
}

const other = (held: Partial<Names>): CustomResourceDefinition =>
  holding({ plural: 'others', kind: 'Other' }, { plural: 'others', kind: 'Other', ...held })

test('names that nobody holds are accepted as they are', () => {
  assert.deepEqual(acceptNames(holding(WIDGET), [other({})]), {
    acceptedNames: WIDGET,
    condition: { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
  })
})

const conflicts: [string, Names, Partial<Names>, Partial<Names>, string, string][] = [
  ['plural', WIDGET, { singular: 'widgets' }, { plural: '' }, 'PluralConflict', '"widgets" is already in use'],
  [
    'singular',
    WIDGET,
    { shortNames: ['widget'] },
    { singular: undefined },
    'SingularConflict',
    '"widget" is already in use',
  ],
  ['kind', WIDGET, { listKind: 'Widget' }, { kind: '' }, 'KindConflict', '"Widget" is already in use'],
  [
    'list kind',
    WIDGET,
    { kind: 'WidgetList' },
    { listKind: undefined },
    'ListKindConflict',
    '"WidgetList" is already in use',
  ],
  [
    'short name',
    { ...WIDGET, shortNames: ['wd'] },
    { plural: 'wd' },
    { shortNames: undefined },
    'ShortNamesConflict',
    '"wd" is already in use',
  ],
  [
    'short name among others',
    { ...WIDGET, shortNames: ['a', 'b', 'c'] },
    { shortNames: ['a', 'c'] },
    { shortNames: undefined },
    'ShortNamesConflict',
    '["a" is already in use, "c" is already in use]',
  ],
]
for (const [what, wanted, taken, missing, reason, message] of conflicts) {
  test(`a ${what} that another of the group holds is refused, the other names are accepted`, () => {
    const { acceptedNames, condition } = acceptNames(holding(wanted), [other(taken)])
    const expected = Object.entries({ ...wanted, ...missing }).filter(([, value]) => value !== undefined)
    assert.deepEqual(acceptedNames, Object.fromEntries(expected))
    assert.deepEqual(condition, { type: 'NamesAccepted', status: 'False', reason, message })
  })
}

test('a name that is held already is kept, even if another has come to hold it too', () => {
  assert.equal(acceptNames(holding(WIDGET, WIDGET), [other({ singular: 'widget' })]).condition.status, 'True')
})

test('what one held before stays where the new name is taken', () => {
  const wanted = { ...WIDGET, singular: 'gadget' }
  const { acceptedNames, condition } = acceptNames(holding(wanted, WIDGET), [other({ plural: 'gadget' })])
  assert.deepEqual([acceptedNames.singular, condition.reason], ['widget', 'SingularConflict'])
})

test('a short name may be the own plural', () => {
  const wanted = { ...WIDGET, shortNames: ['widgets'] }
  const self = { plural: 'widgets', kind: 'Widget' }
  assert.equal(acceptNames(holding(wanted, WIDGET), [other(self)]).condition.status, 'True')
})

test('categories are nobody’s own', () => {
  const { acceptedNames } = acceptNames(holding({ ...WIDGET, categories: ['all'] }, WIDGET), [
    other({ categories: ['all'] }),
  ])
  assert.deepEqual(acceptedNames.categories, ['all'])
})
