import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, NodeSelectorRequirement, Taint, Toleration } from '../types/core.v1.ts'
import { matchesNodeSelector } from './node-selector.ts'
import { tolerates } from './tolerations.ts'

const node = { metadata: { name: 'n1', labels: { zone: 'a', cores: '8', big: '9007199254740993' } } } as unknown as Node

const requirements: [operator: string, key: string, values: string[], matches: boolean][] = [
  ['In', 'zone', ['a', 'b'], true],
  ['In', 'none', [''], false],
  ['NotIn', 'zone', ['a'], false],
  ['NotIn', 'none', ['a'], true],
  ['Exists', 'zone', [], true],
  ['DoesNotExist', 'zone', [], false],
  ['Gt', 'cores', ['7'], true],
  ['Gt', 'cores', ['8'], false],
  ['Lt', 'cores', ['10'], true],
  ['Gt', 'zone', ['1'], false],
  ['Lt', 'none', ['1'], false],
  ['Gt', 'big', ['9007199254740992'], true],
]
for (const [operator, key, values, matches] of requirements) {
  test(`a node ${matches ? 'matches' : 'does not match'} ${key} ${operator} ${values}`, () => {
    const requirement = { key, operator, values } as NodeSelectorRequirement
    assert.equal(matchesNodeSelector({ nodeSelectorTerms: [{ matchExpressions: [requirement] }] }, node), matches)
  })
}

test('terms are alternatives, an empty one matches nothing, fields name the node', () => {
  const byName = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: ['n1'] }] }
  assert.deepEqual(
    [[{}], [{}, byName], [byName]].map((nodeSelectorTerms) => matchesNodeSelector({ nodeSelectorTerms }, node)),
    [false, true, true],
  )
})

const taint: Taint = { key: 'sla', value: '950', effect: 'NoExecute' }
const tolerations: [Toleration, boolean][] = [
  [{ operator: 'Exists' }, true],
  [{ key: 'sla', operator: 'Exists', effect: 'NoSchedule' }, false],
  [{ key: 'sla', value: '950' }, true],
  [{ key: 'sla', operator: 'Equal', value: '951' }, false],
  [{ key: 'other', operator: 'Exists' }, false],
  [{ key: 'sla', operator: 'Gt', value: '900' }, true],
  [{ key: 'sla', operator: 'Lt', value: '900' }, false],
  [{ key: 'sla', operator: 'Lt', value: 'much' }, false],
]
for (const [toleration, tolerated] of tolerations) {
  test(`${JSON.stringify(toleration)} ${tolerated ? 'tolerates' : 'does not tolerate'} sla=950:NoExecute`, () => {
    assert.equal(tolerates(toleration, taint), tolerated)
  })
}
