import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalise } from '../../codec/json.ts'
import type { HorizontalPodAutoscaler } from '../../types/autoscaling.v2.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts'

/** What is wrong with an autoscaler that scales up by these rules, after what it lacks has been filled in. */
function faults(scaleUp: object): string[] {
  const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
  const given = {
    metadata: { name: 'h', namespace: 'a' },
    spec: { maxReplicas: 3, scaleTargetRef, behavior: { scaleUp } },
  }
  const { object } = normalise<HorizontalPodAutoscaler>('io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler', given, {
    strict: 'Ignore',
  })
  horizontalPodAutoscalers.rules.default?.(object)
  const errors = horizontalPodAutoscalers.rules.validate?.(object) ?? []
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

for (const rules of [{}, { policies: null }]) {
  test(`policies that are missing are the usual ones: ${JSON.stringify(rules)}`, () => {
    assert.deepEqual(faults(rules), [])
  })
}

test('policies that are there and empty are refused', () => {
  assert.deepEqual(faults({ policies: [] }), [
    'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
  ])
})
