import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { Subject, Usage } from '../pki/issue.ts'
import { issueCertificate } from '../pki/issue.ts'
import type { Credentials } from './authenticator.ts'
import { BearerTokenAuthenticator } from './bearer-token.ts'
import { ClientCertificateAuthenticator } from './client-certificate.ts'
import { FrontProxyAuthenticator } from './front-proxy.ts'
import { allowsAnonymous } from './groups.ts'
import { UnionAuthenticator } from './union.ts'

const clock = new FakeClock()
const DAY_MS = 24 * 3600 * 1000

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

async function authority(commonName: string) {
  const issuer = { subject: { commonName }, key: newKey() }
  const validity = { notBefore: clock.now() - DAY_MS, notAfter: clock.now() + 100 * DAY_MS }
  const publicKey = createPublicKey(issuer.key)
  const cert = await issueCertificate({ subject: issuer.subject, publicKey, usages: ['ca'], ...validity }, issuer)
  const sign = async (
    subject: Subject,
    usages: Usage[] = ['client'],
    days = 10,
  ): Promise<Credentials['certificate']> => {
    const notAfter = clock.now() + days * DAY_MS
    const pem = await issueCertificate(
      { subject, publicKey: createPublicKey(newKey()), usages, notBefore: clock.now() - DAY_MS, notAfter },
      issuer,
    )
    return { der: new X509Certificate(pem).raw, authorized: true }
  }
  return { cert, sign }
}

const cluster = await authority('kubernetes')
const impostor = await authority('kubernetes')
const frontProxy = await authority('front-proxy-ca')
const byCertificate = new ClientCertificateAuthenticator({ authorities: () => cluster.cert, clock })
const byProxy = new FrontProxyAuthenticator({ authorities: () => frontProxy.cert, clock })
const tokens = new BearerTokenAuthenticator({
  authenticate: async (token) =>
    token === 'good'
      ? { kind: 'user', user: { name: 'robot', groups: [] }, audiences: [] }
      : token === 'old'
        ? { kind: 'invalid', why: 'service account token has expired' }
        : { kind: 'foreign' },
})
const union = new UnionAuthenticator([byProxy, byCertificate, tokens])

async function who(credentials: Partial<Credentials>): Promise<string> {
  const result = await union.authenticate({ headers: {}, ...credentials })
  if (result.kind === 'user') return `${result.user.name} [${result.user.groups.join(' ')}]`
  return result.kind === 'invalid' ? `invalid: ${result.why}` : 'anonymous'
}

const remote = { 'x-remote-user': 'eve', 'x-remote-group': 'a, b' }
const unknown = 'invalid: x509: certificate signed by unknown authority'
const cases: [what: string, credentials: Partial<Credentials>, want: string][] = [
  ['nothing', {}, 'anonymous'],
  [
    'a certificate',
    { certificate: await cluster.sign({ commonName: 'admin', organizations: ['system:masters', 'x'] }) },
    'admin [system:masters x system:authenticated]',
  ],
  ['a certificate of a CA of the same name', { certificate: await impostor.sign({ commonName: 'admin' }) }, unknown],
  ['a server’s certificate', { certificate: await cluster.sign({ commonName: 'admin' }, ['server']) }, unknown],
  ['a CA’s certificate', { certificate: await cluster.sign({ commonName: 'admin' }, ['ca']) }, unknown],
  [
    'an expired certificate',
    { certificate: await cluster.sign({ commonName: 'admin' }, ['client'], -0.5) },
    'invalid: x509: certificate has expired or is not yet valid',
  ],
  ['garbage as a certificate', { certificate: { der: new Uint8Array([1, 2, 3]), authorized: true } }, unknown],
  [
    'a name that looks like several',
    { certificate: await cluster.sign({ commonName: 'a\nO=system:masters' }) },
    'a\nO=system:masters [system:authenticated]',
  ],
  [
    'a stranger’s certificate beside a good token',
    { certificate: await impostor.sign({ commonName: 'admin' }), headers: { authorization: 'Bearer good' } },
    'robot [system:authenticated]',
  ],
  ['a token in any case of the scheme', { headers: { authorization: 'bearer good' } }, 'robot [system:authenticated]'],
  [
    'a token from a browser’s WebSocket',
    { headers: { 'sec-websocket-protocol': 'v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.Z29vZA' } },
    'robot [system:authenticated]',
  ],
  ['a password', { headers: { authorization: 'Basic Z29vZA==' } }, 'anonymous'],
  ['an unknown token', { headers: { authorization: 'Bearer x' } }, 'invalid: invalid bearer token'],
  [
    'an expired token',
    { headers: { authorization: 'Bearer old' } },
    'invalid: [invalid bearer token, service account token has expired]',
  ],
  ['remote headers from nobody', { headers: remote }, 'anonymous'],
  [
    'remote headers from the aggregator',
    { headers: remote, certificate: await frontProxy.sign({ commonName: 'front-proxy-client' }) },
    'eve [a b system:authenticated]',
  ],
  [
    'remote headers from a cluster user',
    { headers: remote, certificate: await cluster.sign({ commonName: 'mallory' }) },
    'mallory [system:authenticated]',
  ],
  [
    'remote headers from another client of the front-proxy CA',
    { headers: remote, certificate: await frontProxy.sign({ commonName: 'other' }) },
    `invalid: x509: subject with that common name is not allowed; ${unknown.slice('invalid: '.length)}`,
  ],
]
for (const [what, credentials, want] of cases) {
  test(`${what}: ${want}`, async () => assert.equal(await who(credentials), want))
}

test('a certificate names its fingerprint, and is looked at once a connection', async () => {
  const certificate = await cluster.sign({ commonName: 'a' })
  const first = byCertificate.authenticate({ headers: {}, ...(certificate && { certificate }) })
  const second = byCertificate.authenticate({ headers: {}, ...(certificate && { certificate }) })
  assert.ok(first.kind === 'user' && second.kind === 'user')
  assert.equal(first.user, second.user)
  assert.match(first.user.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=[0-9a-f]{64}$/)
})

test('without credentials only health and version are served', () => {
  const paths = ['/healthz', '/livez', '/readyz', '/version', '/version/', '/api', '/', '/healthz/etcd', '/metrics']
  assert.deepEqual(paths.filter(allowsAnonymous), ['/healthz', '/livez', '/readyz', '/version', '/version/'])
})
