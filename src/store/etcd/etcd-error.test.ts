import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../store.ts'
import { faultOf } from './etcd-error.ts'
import { type CallStage, GrpcCode, GrpcError } from './grpc/grpc-error.ts'

const failures: [stage: CallStage, code: number, message: string, kind: ReturnType<typeof faultOf>['kind']][] = [
  ['unsent', 14, 'connect ECONNREFUSED 127.0.0.1:2379', 'not done'],
  ['unsent', 14, 'the request was reset with code 7', 'not done'],
  ['unsent', 4, 'no connection to 127.0.0.1:2379 after 2 s', 'not done'],
  ['sent', 14, 'the connection was closed', 'no answer'],
  ['sent', 4, 'no answer after 1.5 s', 'no answer'],
  ['sent', 14, 'the request was reset with code 2', 'no answer'],
  ['sent', 2, 'the answer has no status', 'no answer'],
  ['answered', 14, 'etcdserver: no leader', 'not done'],
  ['answered', 8, 'etcdserver: too many requests', 'not done'],
  ['answered', 14, 'etcdserver: request timed out', 'no answer'],
  ['answered', 14, 'etcdserver: leader changed', 'no answer'],
  ['answered', 2, 'context deadline exceeded', 'no answer'],
  ['answered', 1, 'context canceled', 'no answer'],
  ['answered', 11, 'etcdserver: mvcc: required revision has been compacted', 'refused'],
  ['answered', 5, 'etcdserver: requested lease not found', 'refused'],
  ['answered', 3, 'etcdserver: request is too large', 'refused'],
  ['answered', 8, 'etcdserver: mvcc: database space exceeded', 'refused'],
  ['answered', 7, 'etcdserver: permission denied', 'refused'],
]
for (const [stage, code, message, kind] of failures) {
  test(`etcd: '${message}' (${stage}) means: ${kind}`, () => {
    assert.equal(faultOf(new GrpcError(code, message, stage)).kind, kind)
  })
}

test('etcd: a quota that is used up makes the store unavailable, with the remedy', () => {
  const message = 'etcdserver: mvcc: database space exceeded'
  const fault = faultOf(new GrpcError(GrpcCode.ResourceExhausted, message, 'answered'))
  assert.ok(fault.kind === 'refused' && fault.error instanceof StoreUnavailable)
  assert.match(fault.error.message, /'etcdctl alarm disarm'/)
})

test('etcd: an answer that cannot be read says nothing about what was done', () => {
  assert.deepEqual(faultOf(new RangeError('index out of range')), { kind: 'no answer', why: 'index out of range' })
})
