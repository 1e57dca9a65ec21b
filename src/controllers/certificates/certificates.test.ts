import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import type { JsonGeneralNames, JsonNameParams } from '@peculiar/x509'
import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import { x509Library } from '../../base/x509.ts'
import { controllerBench, type Loose } from '../../testing/controller-bench.ts'
import { certificateApprovalController } from './certificate-approval.ts'
import { certificateCleaner, dueMs } from './certificate-cleaner.ts'
import { certificateSigningController } from './certificate-signing.ts'
import { Signer } from './signers.ts'

const HOUR_MS = 3_600_000
const KUBELET: JsonNameParams = [{ O: ['system:nodes'] }, { CN: ['system:node:a'] }]
const BASIC = ['digital signature', 'key encipherment']
const time = '2026-01-01T00:00:00Z'
const approved = { type: 'Approved', status: 'True', lastUpdateTime: time } as const

let authority = { cert: '', key: '' }
before(async () => {
  const { X509CertificateGenerator, BasicConstraintsExtension, SubjectKeyIdentifierExtension } = await x509Library()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const keys = {
    privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
    publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
  }
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['authority'] }],
    notAfter: new Date(Date.now() + 1e12),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new BasicConstraintsExtension(true), await SubjectKeyIdentifierExtension.create(keys.publicKey)],
  })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  authority = { cert: certificate.toString('pem'), key }
})

async function asking(name: JsonNameParams, names: JsonGeneralNames = []): Promise<string> {
  const { Name, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await x509Library()
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name(name),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  })
  return Buffer.from(request.toString('pem')).toString('base64')
}

interface Case {
  readonly what: string
  readonly signer: string
  readonly name: JsonNameParams
  readonly names?: JsonGeneralNames
  readonly usages: readonly string[]
  /** The names and purposes certified, or why there is no certificate. */
  readonly want: string
}

const CASES: readonly Case[] = [
  {
    what: 'a client',
    signer: Signer.ApiServerClient,
    name: [{ CN: ['jane'] }],
    usages: ['client auth', 'digital signature'],
    want: 'CN=jane 1.3.6.1.5.5.7.3.2',
  },
  {
    what: 'a client that wants to serve',
    signer: Signer.ApiServerClient,
    name: [{ CN: ['jane'] }],
    usages: ['client auth', 'server auth'],
    want: 'usages did not match [client auth digital signature key encipherment]',
  },
  {
    what: 'a kubelet as client',
    signer: Signer.KubeletClient,
    name: KUBELET,
    usages: ['client auth', ...BASIC],
    want: 'O=system:nodes CN=system:node:a 1.3.6.1.5.5.7.3.2',
  },
  {
    what: 'a kubelet as client with an address',
    signer: Signer.KubeletClient,
    name: KUBELET,
    names: [{ type: 'ip', value: '10.0.0.1' }],
    usages: ['client auth', ...BASIC],
    want: 'IP subjectAltNames are not allowed',
  },
  {
    what: 'somebody as a kubelet',
    signer: Signer.KubeletClient,
    name: [{ O: ['system:nodes'] }, { CN: ['jane'] }],
    usages: ['client auth', ...BASIC],
    want: 'subject common name does not begin with system:node:',
  },
  {
    what: 'a kubelet as server',
    signer: Signer.KubeletServing,
    name: KUBELET,
    names: [{ type: 'dns', value: 'a' }],
    usages: ['server auth', ...BASIC],
    want: 'O=system:nodes CN=system:node:a 1.3.6.1.5.5.7.3.1 DNS:a',
  },
  {
    what: 'a kubelet as server without names',
    signer: Signer.KubeletServing,
    name: KUBELET,
    usages: ['server auth', ...BASIC],
    want: 'DNS or IP subjectAltName is required',
  },
  {
    what: 'anybody',
    signer: Signer.LegacyUnknown,
    name: [{ CN: ['x'] }],
    usages: ['any'],
    want: 'CN=x 2.5.29.37.0',
  },
]

for (const { what, signer, name, names, usages, want } of CASES) {
  test(`${signer}, asked by ${what}: ${want}`, async (t) => {
    const bench = controllerBench(
      t,
      certificateSigningController(() => authority),
    )
    const spec = { request: await asking(name, names), signerName: signer, usages: usages as never }
    const signed = signal(bench)
    bench.put('certificateSigningRequests', { metadata: { name: 'a' }, spec, status: { conditions: [approved] } })
    assert.equal(outcome(await signed), want)
  })
}

/** The request once something has come of it. */
async function signal(bench: ReturnType<typeof controllerBench>): Promise<CertificateSigningRequest> {
  for (let turn = 0; turn < 200; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    await bench.rest()
    const [request] = bench.all('certificateSigningRequests')
    const failed = request?.status.conditions?.some(({ type }) => type === 'Failed')
    if (request?.status.certificate || failed) return request as CertificateSigningRequest
  }
  throw new Error('nothing came of the request')
}

function outcome({ status }: CertificateSigningRequest): string {
  const failed = status.conditions?.find(({ type }) => type === 'Failed')
  if (failed) return failed.message ?? ''
  const certificate = new X509Certificate(Buffer.from(status.certificate ?? '', 'base64'))
  assert.ok(certificate.checkIssued(new X509Certificate(authority.cert)))
  const { subject, keyUsage, subjectAltName } = certificate
  return [subject.replace('\n', ' '), keyUsage.join(' '), subjectAltName].filter(Boolean).join(' ')
}

test('what nobody approved is not signed, and other signers are left alone', async (t) => {
  const bench = controllerBench(
    t,
    certificateSigningController(() => authority),
  )
  const request = await asking([{ CN: ['jane'] }])
  const denied = { type: 'Denied', status: 'True' } as const
  const states: [signerName: string, conditions: Loose<CertificateSigningRequest>['status']][] = [
    [Signer.LegacyUnknown, {}],
    [Signer.LegacyUnknown, { conditions: [denied] }],
    ['example.com/other', { conditions: [approved] }],
  ]
  for (const [index, [signerName, status]] of states.entries()) {
    const object = { metadata: { name: `a${index}` }, spec: { request, signerName }, status }
    bench.put('certificateSigningRequests', object as Loose<CertificateSigningRequest>)
  }
  await bench.rest()
  assert.ok(bench.all('certificateSigningRequests').every(({ status }) => !status.certificate))
})

test('a kubelet that asks for somebody else in another form is not approved', async (t) => {
  const bench = controllerBench(t, certificateApprovalController)
  const spec = { request: await asking([{ CN: ['jane'] }]), signerName: Signer.KubeletClient, username: 'jane' }
  bench.put('certificateSigningRequests', { metadata: { name: 'a' }, spec, status: {} })
  await bench.rest()
  assert.deepEqual(bench.all('certificateSigningRequests')[0]?.status, {})
})

test('a request goes an hour after it was decided, and a day after it was made if it never was', async (t) => {
  const made = Date.parse(time)
  const of = (status: object) => ({ metadata: { name: 'a', creationTimestamp: time }, spec: {}, status }) as never
  assert.equal(dueMs(of({})), made + 24 * HOUR_MS)
  assert.equal(dueMs(of({ conditions: [{ ...approved, type: 'Denied' }] })), made + HOUR_MS)
  assert.equal(dueMs(of({ conditions: [approved], certificate: 'AA==' })), made + HOUR_MS)

  const bench = controllerBench(t, certificateCleaner)
  const creationTimestamp = new Date(bench.clock.now()).toISOString()
  bench.put('certificateSigningRequests', { metadata: { name: 'a', creationTimestamp }, spec: {}, status: {} })
  await bench.rest()
  assert.equal(bench.all('certificateSigningRequests').length, 1)
  bench.clock.advance(24 * HOUR_MS + 1)
  await bench.rest()
  assert.equal(bench.all('certificateSigningRequests').length, 0)
})
