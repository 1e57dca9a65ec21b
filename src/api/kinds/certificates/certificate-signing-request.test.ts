import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '../../types/certificates.v1.ts'
import { certificateSigningRequests } from './certificate-signing-request.ts'

const { rules } = certificateSigningRequests
const approved = { type: 'Approved', status: 'True' as const, reason: 'AutoApproved' }
const failed = { type: 'Failed', status: 'True' as const, reason: 'SigningFailed' }

function request(status: CertificateSigningRequest['status'] = {}): CertificateSigningRequest {
  return {
    metadata: { name: 'csr', uid: 'u', resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' },
    spec: { request: 'cGVt', signerName: 'example.com/signer', usages: ['client auth'] },
    status,
  }
}

function updated(subresource: string, status: CertificateSigningRequest['status']): CertificateSigningRequest {
  const changed = request(status)
  rules.prepareUpdate?.(changed, { old: request(), subresource })
  return changed
}

const types = ({ status }: CertificateSigningRequest) => (status.conditions ?? []).map(({ type }) => type)

for (const { subresource, expected } of [
  { subresource: 'approval', expected: ['Approved'] },
  { subresource: 'status', expected: ['Failed'] },
  { subresource: '', expected: [] },
]) {
  test(`a write to ${subresource || 'the request itself'} sets the conditions [${expected}]`, () => {
    assert.deepEqual(types(updated(subresource, { conditions: [approved, failed] })), expected)
  })
}

test('a condition gets the times that it came without', () => {
  const [condition] = updated('approval', { conditions: [approved] }).status.conditions ?? []
  assert.match(condition?.lastUpdateTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(condition?.lastTransitionTime, condition?.lastUpdateTime)
})

test('a request is not approved and denied, and stays what it became', () => {
  const old = request({ conditions: [approved] })
  const both = request({ conditions: [approved, { ...approved, type: 'Denied' }] })
  const messages = (changed: CertificateSigningRequest) =>
    rules.validateUpdate?.(changed, { old, subresource: 'approval' }).map(({ message }) => message)
  assert.deepEqual(messages(both), ['Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'])
  assert.deepEqual(messages(request()), ['Forbidden: updates may not remove a condition of type "Approved"'])
})
