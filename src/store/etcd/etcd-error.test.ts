import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceError } from '@grpc/grpc-js'
import { StoreUnavailable } from '../store.ts'
import { faultOf } from './etcd-error.ts'

const answers: [code: number, details: string, kind: ReturnType<typeof faultOf>['kind']][] = [
  [14, 'etcdserver: no leader', 'not done'],
  [8, 'etcdserver: too many requests', 'not done'],
  [14, 'No connection established. Last error: connect ECONNREFUSED', 'not done'],
  [14, 'etcdserver: request timed out', 'no answer'],
  [14, 'etcdserver: leader changed', 'no answer'],
  [14, 'Connection dropped', 'no answer'],
  [4, 'Deadline exceeded after 1.5s', 'no answer'],
  [2, 'context deadline exceeded', 'no answer'],
  [1, 'context canceled', 'no answer'],
  [13, 'Received RST_STREAM with code 2', 'no answer'],
  [11, 'etcdserver: mvcc: required revision has been compacted', 'refused'],
  [5, 'etcdserver: requested lease not found', 'refused'],
  [3, 'etcdserver: request is too large', 'refused'],
  [8, 'etcdserver: mvcc: database space exceeded', 'refused'],
]
for (const [code, details, kind] of answers) {
  test(`etcd: '${details}' means: ${kind}`, () => {
    assert.equal(faultOf(Object.assign(new Error(details), { code, details }) as ServiceError).kind, kind)
  })
}

test('etcd: a quota that is used up makes the store unavailable, with the remedy', () => {
  const details = 'etcdserver: mvcc: database space exceeded'
  const fault = faultOf(Object.assign(new Error(details), { code: 8, details }) as ServiceError)
  assert.ok(fault.kind === 'refused' && fault.error instanceof StoreUnavailable)
  assert.match(fault.error.message, /'etcdctl alarm disarm'/)
})
