import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceTaintRule } from '../../types/resource.v1beta2.ts'
import { deviceTaintRules } from './device-taint-rule.ts'

const texts = (errors: readonly { field: string; message: string }[] = []): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`)

const rule = (spec: object, status: object = {}): DeviceTaintRule =>
  ({ metadata: { name: 'r' }, spec, status }) as DeviceTaintRule

const taint = { key: 'example.com/broken', effect: 'NoExecute' }

test('a rule that picks a device and taints it is good', () => {
  const deviceSelector = { driver: 'gpu.example.com', pool: 'node/a', device: 'gpu-0' }
  assert.deepEqual(texts(deviceTaintRules.rules.validate?.(rule({ deviceSelector, taint }))), [])
})

test('a taint has an effect that there is, a selector names that can be', () => {
  const found = texts(
    deviceTaintRules.rules.validate?.(rule({ deviceSelector: { pool: '' }, taint: { ...taint, effect: 'Explode' } })),
  )
  assert.deepEqual(found, [
    'spec.deviceSelector.pool: Required value',
    'spec.taint.effect: Unsupported value: "Explode": supported values: "NoExecute", "NoSchedule", "None"',
  ])
})

test('conditions of the status are complete, and few', () => {
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })
  const conditions = [
    ...Array.from({ length: 8 }, (_, index) => condition(`C${index}`)),
    { ...condition('C0'), reason: '' },
  ]
  const context = { old: rule({ taint }), subresource: 'status' }
  assert.deepEqual(texts(deviceTaintRules.rules.validateUpdate?.(rule({ taint }, { conditions }), context)), [
    'status.conditions[8].type: Duplicate value: "C0"',
    'status.conditions[8].reason: Required value',
    'status.conditions: Too many: 9: must have at most 8 items',
  ])
})
