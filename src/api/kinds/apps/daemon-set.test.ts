import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet } from '../../types/apps.v1.ts'
import { daemonSets } from './daemon-set.ts'

const GENERATION = 'deprecated.daemonset.template.generation'
const { rules } = daemonSets

function daemonSet(image: string, annotations?: Record<string, string>): DaemonSet {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image }] } }
  return {
    metadata: { name: 'd', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }
}

test('the first template is generation 1', () => {
  const set = daemonSet('img:1')
  rules.prepareCreate?.(set)
  assert.deepEqual(set.metadata.annotations, { [GENERATION]: '1' })
})

for (const { image, claimed, expected } of [
  { image: 'img:2', claimed: undefined, expected: '4' },
  { image: 'img:1', claimed: '9', expected: '3' },
]) {
  test(`after generation 3, a client's ${claimed ?? 'nothing'} with ${image} becomes ${expected}`, () => {
    const old = daemonSet('img:1', { [GENERATION]: '3' })
    const set = daemonSet(image, claimed === undefined ? undefined : { [GENERATION]: claimed })
    rules.prepareUpdate?.(set, { old, subresource: '' })
    assert.equal(set.metadata.annotations?.[GENERATION], expected)
  })
}
