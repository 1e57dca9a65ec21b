import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import { customDefinition } from '../../testing/custom-definition.ts'
import { definitionStatus } from './definition-status.ts'

const NOW = Date.UTC(2026, 0, 31, 12)
const LATER = NOW + 60_000

const told = ({ conditions = [] }: CustomResourceDefinition['status']): string[] =>
  conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)

const ESTABLISHED = [
  'NamesAccepted=True NoConflicts: no conflicts found',
  'Established=True InitialNamesAccepted: the initial names have been accepted',
]

test('a new definition whose names are free is established, and then nothing changes', () => {
  const definition = customDefinition()
  const status = definitionStatus(definition, [], NOW)
  assert.ok(status)
  assert.deepEqual(told(status), ESTABLISHED)
  assert.deepEqual(status.acceptedNames, definition.spec.names)
  assert.equal(definitionStatus({ ...definition, status }, [], LATER), undefined)
})

test('one whose kind is taken waits, and is established when the other has let go of it', () => {
  const definition = customDefinition()
  const rival = customDefinition({ names: { plural: 'gadgets' } })
  rival.status = { acceptedNames: { plural: 'gadgets', kind: 'Widget' } } as CustomResourceDefinition['status']
  const waiting = definitionStatus(definition, [rival], NOW)
  assert.ok(waiting)
  assert.deepEqual(told(waiting), [
    'NamesAccepted=False KindConflict: "Widget" is already in use',
    'Established=False NotAccepted: not all names are accepted',
  ])
  const status = definitionStatus({ ...definition, status: waiting }, [], LATER)
  assert.ok(status)
  assert.deepEqual(told(status), ESTABLISHED)
  assert.deepEqual(
    status.conditions?.map(({ lastTransitionTime }) => lastTransitionTime),
    ['2026-01-31T12:01:00Z', '2026-01-31T12:01:00Z'],
  )
})

test('an established definition stays so when it asks for a name that is taken', () => {
  const definition = customDefinition()
  const status = definitionStatus(definition, [], NOW)
  assert.ok(status)
  const renamed = customDefinition({ names: { shortNames: ['gd'] } })
  const rival = customDefinition({ names: { plural: 'gadgets', kind: 'Gadget' } })
  rival.status = { acceptedNames: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gd'] } } as never
  const next = definitionStatus({ ...renamed, status }, [rival], LATER)
  assert.ok(next)
  assert.deepEqual(told(next), [
    'NamesAccepted=False ShortNamesConflict: "gd" is already in use',
    'Established=True InitialNamesAccepted: the initial names have been accepted',
  ])
  assert.equal(next.acceptedNames?.shortNames, undefined)
})

const NEEDS = 'protected groups must have approval annotation "api-approved.kubernetes.io"'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'
const approvals: [string | undefined, string][] = [
  [undefined, `False MissingAnnotation: ${NEEDS}, ${SEE}`],
  ['unapproved, an experiment', 'False UnapprovedAnnotation: not approved: "unapproved, an experiment"'],
  [
    'https://github.com/kubernetes/a/pull/1',
    'True ApprovedAnnotation: approved in https://github.com/kubernetes/a/pull/1',
  ],
  ['yes', `False InvalidAnnotation: ${NEEDS} with either a URL or a reason starting with "unapproved", ${SEE}`],
]
for (const [annotation, expected] of approvals) {
  test(`in a group of the community, with the annotation ${annotation}`, () => {
    const annotations = annotation === undefined ? undefined : { 'api-approved.kubernetes.io': annotation }
    const status = definitionStatus(
      customDefinition({ group: 'x.k8s.io', ...(annotations && { annotations }) }),
      [],
      NOW,
    )
    assert.ok(status)
    assert.deepEqual(told(status), [...ESTABLISHED, `KubernetesAPIApprovalPolicyConformant=${expected}`])
  })
}
