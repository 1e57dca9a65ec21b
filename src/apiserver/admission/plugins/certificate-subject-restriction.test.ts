import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonNameParams } from '@peculiar/x509'
import type { CertificateSigningRequest } from '../../../api/types/certificates.v1.ts'
import { x509Library } from '../../../base/x509.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts'

const { Name, Pkcs10CertificateRequestGenerator } = await x509Library()
const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])

async function asking(...name: JsonNameParams): Promise<string> {
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const request = await Pkcs10CertificateRequestGenerator.create({ name: new Name(name), keys, signingAlgorithm })
  return request.toString('pem')
}

const OURS = 'kubernetes.io/kube-apiserver-client'
const refused = (why: string) => `403 certificatesigningrequests.certificates.k8s.io "bear" is forbidden: ${why}`
const notMasters = refused(`use of ${OURS} signer with system:masters group is not allowed`)
const notParsed = refused('failed to parse CSR: PEM block type must be CERTIFICATE REQUEST')
const masters = await asking({ O: ['system:masters'] }, { CN: ['eve'] })
const asOneOfTwo = await asking({ O: ['a'] }, { O: ['system:masters'], CN: ['eve'] })
const inUtf16 = await asking({ O: [{ bmpString: 'system:masters' }] })
const another = await asking({ O: ['system:admin'] }, { OU: ['system:masters'] }, { CN: ['system:masters'] })

const cases: [what: string, signerName: string, pem: string, want: string][] = [
  ['a request for system:masters', OURS, masters, notMasters],
  ['system:masters among other groups', OURS, asOneOfTwo, notMasters],
  ['system:masters in another string type', OURS, inUtf16, notMasters],
  ['system:masters in what is no group', OURS, another, 'admitted'],
  ['system:masters for another signer', 'example.com/signer', masters, 'admitted'],
  ['what is no PEM', OURS, 'this is not a CSR', notParsed],
  ['a PEM block of another type', OURS, masters.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), notParsed],
]
for (const [what, signerName, pem, want] of cases) {
  test(`${what} (${signerName}): ${want.slice(0, 8)}`, async () => {
    const object: CertificateSigningRequest = {
      metadata: { name: 'bear', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
      spec: { request: Buffer.from(pem).toString('base64'), signerName, usages: ['client auth'] },
      status: {},
    }
    const request = admissionRequest('CREATE', 'certificatesigningrequests.certificates.k8s.io', { object })
    assert.equal(await admit(certificateSubjectRestriction, request), want)
  })
}

test('a block that holds no request is refused', async () => {
  const pem = '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n'
  const spec = { request: Buffer.from(pem).toString('base64'), signerName: OURS, usages: [] }
  const object = { metadata: { name: 'bear', uid: 'u', resourceVersion: '1', creationTimestamp: '' }, spec, status: {} }
  const request = admissionRequest('CREATE', 'certificatesigningrequests.certificates.k8s.io', { object })
  assert.match(await admit(certificateSubjectRestriction, request), /^403 .* is forbidden: failed to parse CSR: /)
})
