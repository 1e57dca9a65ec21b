import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '../api/types/certificates.v1.ts'
import { editable } from '../base/deep-readonly.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client } from './clientset.ts'
import { requestCertificate } from './request-certificate.ts'

function setup() {
  const clock = new FakeClock()
  const client = new Client(new FakeApi({ clock }))
  const stop = new AbortController()
  let name = ''
  const order = {
    signerName: 'kubernetes.io/kubelet-serving',
    request: 'REQUEST',
    usages: ['server auth'],
    prefix: 'node-csr-',
    onAsked: (asked: string) => {
      name = asked
    },
  }
  const outcome = requestCertificate(client, order, { clock, signal: stop.signal })
  const change = async (status: CertificateSigningRequest['status']): Promise<void> => {
    const request = editable<CertificateSigningRequest>(await client.certificateSigningRequests.get({ name }))
    await client.certificateSigningRequests.updateStatus({ ...request, status })
  }
  return { clock, client, stop, outcome, change, name: () => name }
}

test('the certificate is what the cluster signs, however long it takes', async () => {
  const { client, outcome, change, name } = setup()
  await settle()
  const { spec } = await client.certificateSigningRequests.get({ name: name() })
  assert.deepEqual([name().startsWith('node-csr-'), atob(spec.request)], [true, 'REQUEST'])
  await change({ conditions: [{ type: 'Approved', status: 'True' }] })
  await change({ certificate: btoa('CERTIFICATE') })
  assert.equal(await outcome, 'CERTIFICATE')
})

test('a denied request is refused in the words of who denied it', async () => {
  const { outcome, change } = setup()
  await settle()
  await change({ conditions: [{ type: 'Denied', status: 'True', message: 'not here' }] })
  await assert.rejects(outcome, { name: 'CertificateRefused', message: 'not here' })
})

test('a request that is deleted is waited for no longer', async () => {
  const { clock, client, outcome, name } = setup()
  await settle()
  const refused = assert.rejects(outcome, { name: 'CertificateRefused', message: 'the request was deleted' })
  await client.certificateSigningRequests.delete({ name: name() })
  await settle()
  await clock.advance(1_000)
  await refused
})

test('who stops waits no longer', async () => {
  const { clock, stop, outcome } = setup()
  await settle()
  const aborted = assert.rejects(outcome)
  stop.abort()
  await settle()
  await clock.advance(1_000)
  await aborted
  assert.equal(clock.pending, 0)
})
