import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler } from '../../types/autoscaling.v2.ts'
import { horizontalPodAutoscalerV1 as v1 } from './conversion.ts'

const metadata = {
  name: 'web',
  namespace: 'a',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
  annotations: { own: 'kept' },
}

const autoscaler: HorizontalPodAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata,
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } },
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    ],
    behavior: {
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    },
  },
  status: {
    currentReplicas: 2,
    desiredReplicas: 3,
    conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: 'ok' }],
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '100m' } } },
    ],
  },
}

test('v1 shows the CPU target and keeps all else in annotations, as upstream writes them', () => {
  const { metadata: meta, spec, status } = v1.to(autoscaler)
  assert.deepEqual(meta.annotations, {
    own: 'kept',
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10"}}]',
    'autoscaling.alpha.kubernetes.io/current-metrics':
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":40,"currentAverageValue":"100m"}}]',
    'autoscaling.alpha.kubernetes.io/conditions':
      '[{"type":"AbleToScale","status":"True","reason":"ReadyForNewScale","message":"ok"}]',
    'autoscaling.alpha.kubernetes.io/behavior':
      '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
  })
  assert.equal(spec.targetCPUUtilizationPercentage, 60)
  assert.equal(status.currentCPUUtilizationPercentage, 40)
})

test('nothing is lost on the way to v1 and back', () => {
  assert.deepEqual(v1.from(v1.to(autoscaler)), autoscaler)
})

test('a broken annotation counts as none, and without metrics the CPU is kept at 80 %', () => {
  const broken = v1.to({ ...autoscaler, spec: { ...autoscaler.spec, metrics: [] } })
  broken.metadata.annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' }
  assert.equal(v1.from(broken).spec.metrics?.[0]?.resource?.target.averageUtilization, 80)
})
