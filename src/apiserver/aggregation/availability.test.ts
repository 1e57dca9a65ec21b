import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration.v1.ts'
import { LOCAL, withAvailability } from './availability.ts'

const service = (...conditions: APIServiceCondition[]): APIService =>
  ({
    metadata: { name: 'v1.example.com' },
    spec: { group: 'example.com', version: 'v1' },
    status: { conditions },
  }) as APIService

const then = '2026-01-01T00:00:00Z'
const now = '2026-01-02T00:00:00Z'
const local = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
const down = { available: false, reason: 'ServiceNotFound', message: 'service/a in "b" is not present' }

test('an APIService without a Service is said to be local, once', () => {
  const told = withAvailability(service(), LOCAL, now)
  assert.deepEqual(told?.status?.conditions, [{ ...local, lastTransitionTime: now }])
  assert.equal(withAvailability(told as APIService, LOCAL, now), undefined)
})

test('the time of the transition moves with the status alone', () => {
  const before = service({ ...local, status: 'False', reason: 'MissingEndpoints', lastTransitionTime: then })
  const [same] = withAvailability(before, down, now)?.status?.conditions ?? []
  assert.deepEqual([same?.reason, same?.lastTransitionTime], ['ServiceNotFound', then])
  const [other] = withAvailability(before, LOCAL, now)?.status?.conditions ?? []
  assert.equal(other?.lastTransitionTime, now)
})

test('conditions that others set stay', () => {
  const foreign: APIServiceCondition = { type: 'Audited', status: 'True', lastTransitionTime: then }
  assert.deepEqual(withAvailability(service(foreign), LOCAL, now)?.status?.conditions?.[0], foreign)
})
