import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { notFound, StatusError } from '../../../api/status-error.ts'
import type { TokenRequest, TokenRequestSpec } from '../../../api/types/authentication.v1.ts'
import type { Node, Pod, Secret, ServiceAccount } from '../../../api/types/core.v1.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { reviewToken } from '../token-review.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { jsonWebKeySet, loadSigningKey, openIdConfiguration } from './signing-key.ts'
import { TokenIssuer } from './token-issuer.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const account = { namespace: 'ns', name: 'robot' }
const { signal } = new AbortController()

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return loadSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
}

const meta = (name: string, uid: string) => ({
  name,
  namespace: 'ns',
  uid,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})

function cluster(key = newKey()) {
  const clock = new FakeClock()
  const serviceAccounts = new FakeInformer<ServiceAccount>({ metadata: meta('robot', 'sa-1') })
  const pods = new FakeInformer<Pod>({
    metadata: meta('p', 'pod-1'),
    spec: { containers: [], serviceAccountName: 'robot', nodeName: 'n1' },
    status: {},
  })
  const secrets = new FakeInformer<Secret>({ metadata: meta('tie', 'secret-1') })
  const { namespace: _none, ...nodeMeta } = meta('n1', 'node-1')
  const nodes = new FakeInformer<Node>({ metadata: nodeMeta, spec: {}, status: {} })
  const reader =
    <T extends ServiceAccount | Pod | Secret | Node>(plural: string, { lister }: FakeInformer<T>) =>
    async (name: { name: string; namespace?: string | undefined }) => {
      const found = lister.get(name)
      if (!found) throw notFound({ group: '', plural }, name.name)
      return found
    }
  const issuer = new TokenIssuer({
    key,
    clock,
    getServiceAccount: reader('serviceaccounts', serviceAccounts),
    getPod: reader('pods', pods),
    getSecret: reader('secrets', secrets),
    getNode: reader('nodes', nodes),
  })
  const tokens = new ServiceAccountTokens({
    keys: [key],
    clock,
    serviceAccounts: serviceAccounts.lister,
    pods: pods.lister,
    secrets: secrets.lister,
    nodes: nodes.lister,
  })
  const request = (spec: Partial<TokenRequestSpec>, metadata = {}): Promise<TokenRequest> =>
    issuer.issue(account, { metadata, spec, status: {} } as TokenRequest, { signal, warn: () => {} })
  const issue = async (spec: Partial<TokenRequestSpec> = {}) => (await request(spec)).status.token as string
  return { clock, serviceAccounts, pods, secrets, nodes, issuer, tokens, request, issue, key }
}

const boundTo = (kind: string, name: string, uid?: string) => ({
  boundObjectRef: { apiVersion: 'v1', kind, name, ...(uid && { uid }) },
})

test('a token stands for its account, its pod and the pod’s node', async () => {
  const { tokens, issue } = cluster()
  const result = await tokens.authenticate(await issue(boundTo('Pod', 'p')))
  assert.ok(result.kind === 'user' && result.user.extra)
  const { user } = result
  const { 'authentication.kubernetes.io/credential-id': credential, ...extra } = result.user.extra
  assert.match(credential?.[0] ?? '', /^JTI=[0-9a-f-]{36}$/)
  assert.deepEqual(
    { ...user, extra },
    {
      name: 'system:serviceaccount:ns:robot',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
      extra: {
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-1'],
      },
    },
  )
})

test('an answer says what was granted', async () => {
  const { request, clock } = cluster()
  const { spec, status, metadata } = await request({})
  assert.deepEqual(spec, { audiences: [ISSUER], expirationSeconds: 3600 })
  assert.equal(status.expirationTimestamp, '2026-01-01T01:00:00Z')
  assert.deepEqual(metadata, { name: 'robot', namespace: 'ns', creationTimestamp: '2026-01-01T00:00:00Z' })
  assert.equal(clock.now(), Date.UTC(2026, 0, 1))
})

test('a token ends a minute of leeway after its time', async () => {
  const { tokens, issue, clock } = cluster()
  const token = await issue({ expirationSeconds: 600 })
  await clock.advance(659_000)
  assert.equal((await tokens.authenticate(token)).kind, 'user')
  await clock.advance(2_000)
  assert.deepEqual(await tokens.authenticate(token), { kind: 'invalid', why: 'service account token has expired' })
})

test('the lifetime that admission asks for is stretched to a year, the answer still says an hour', async () => {
  const { tokens, request, clock } = cluster()
  const { status } = await request({ expirationSeconds: 3607, ...boundTo('Pod', 'p') })
  assert.equal(status.expirationTimestamp, '2026-01-01T01:00:07Z')
  await clock.advance(300 * 24 * 3600 * 1000)
  assert.equal((await tokens.authenticate(status.token as string)).kind, 'user')
})

const invalidated = 'service account token has been invalidated'
type Cluster = ReturnType<typeof cluster>
const deaths: [what: string, spec: Partial<TokenRequestSpec>, kill: (c: Cluster) => void, why: string][] = [
  ['its account is deleted', {}, (c) => c.serviceAccounts.remove(account), invalidated],
  [
    'its account is made anew',
    {},
    (c) => c.serviceAccounts.put({ metadata: meta('robot', 'sa-2') }),
    'service account UID (sa-2) does not match claim (sa-1)',
  ],
  ['its pod is deleted', boundTo('Pod', 'p'), (c) => c.pods.remove({ namespace: 'ns', name: 'p' }), invalidated],
  [
    'its pod is made anew',
    boundTo('Pod', 'p'),
    (c) => c.pods.put({ metadata: meta('p', 'pod-2'), spec: { containers: [] }, status: {} }),
    'pod UID (pod-2) does not match service account pod ref claim (pod-1)',
  ],
  [
    'its secret is deleted',
    boundTo('Secret', 'tie'),
    (c) => c.secrets.remove({ namespace: 'ns', name: 'tie' }),
    invalidated,
  ],
  ['its node is deleted', boundTo('Node', 'n1'), (c) => c.nodes.remove({ name: 'n1' }), invalidated],
]
for (const [what, spec, kill, why] of deaths) {
  test(`a token is dead at once when ${what}, though its signature is cached`, async () => {
    const here = cluster()
    const token = await here.issue(spec)
    assert.equal((await here.tokens.authenticate(token)).kind, 'user')
    kill(here)
    assert.deepEqual(await here.tokens.authenticate(token), { kind: 'invalid', why })
  })
}

test('a pod’s token outlives the pod’s node object', async () => {
  const { tokens, issue, nodes } = cluster()
  const token = await issue(boundTo('Pod', 'p'))
  nodes.remove({ name: 'n1' })
  assert.equal((await tokens.authenticate(token)).kind, 'user')
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = {
  iss: ISSUER,
  sub: 'system:serviceaccount:ns:robot',
  aud: [ISSUER],
  exp: 4e9,
  nbf: 0,
  iat: 0,
  jti: 'x',
  'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'sa-1' } },
}

function forge(
  key: ReturnType<typeof newKey>,
  payload: object,
  header: object = { alg: 'ES256', kid: key.id },
): string {
  const body = `${part(header)}.${part(payload)}`
  const signature = sign('sha256', Buffer.from(body), { key: key.private, dsaEncoding: 'ieee-p1363' })
  return `${body}.${signature.toString('base64url')}`
}

test('the forging tool of these tests makes good tokens', async () => {
  const { tokens, key } = cluster()
  assert.equal((await tokens.authenticate(forge(key, claims))).kind, 'user')
})

const forgeries: [what: string, make: (key: ReturnType<typeof newKey>) => string][] = [
  ['signed by another key', (key) => forge(newKey(), claims, { alg: 'ES256', kid: key.id })],
  ['unsigned with alg none', () => `${part({ alg: 'none' })}.${part(claims)}.`],
  [
    'signed with the public key as an HMAC secret',
    (key) => {
      const body = `${part({ alg: 'HS256', kid: key.id })}.${part(claims)}`
      const secret = key.public.export({ type: 'spki', format: 'pem' })
      return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
    },
  ],
  [
    'with a changed payload',
    (key) => {
      const [head, , signature] = forge(key, claims).split('.')
      return `${head}.${part({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })}.${signature}`
    },
  ],
  [
    'with a zero signature',
    (key) => {
      const [head, body] = forge(key, claims).split('.')
      return `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`
    },
  ],
  ['of another issuer', (key) => forge(key, { ...claims, iss: 'https://evil.example.com' })],
  [
    'with a key of its own in the header',
    (key) => {
      const own = newKey()
      return forge(own, claims, { alg: 'ES256', jwk: own.public.export({ format: 'jwk' }), kid: key.id })
    },
  ],
  ['with critical extensions', (key) => forge(key, claims, { alg: 'ES256', crit: ['b64'], b64: false })],
  ['without claims', (key) => forge(key, {})],
  [
    'that is no JSON',
    (key) => {
      const body = `${part({ alg: 'ES256' })}.${Buffer.from('garbage').toString('base64url')}`
      const signature = sign('sha256', Buffer.from(body), { key: key.private, dsaEncoding: 'ieee-p1363' })
      return `${body}.${signature.toString('base64url')}`
    },
  ],
  ['that is text', () => 'hello'],
  ['that is dots', () => '..'],
  ['that is huge', () => `${'a'.repeat(10_000)}.${'b'.repeat(10_000)}.c`],
]
for (const [what, make] of forgeries) {
  test(`a token ${what} stands for nobody`, async () => {
    const { tokens, key } = cluster()
    assert.deepEqual(await tokens.authenticate(make(key)), { kind: 'foreign' })
  })
}

test('a signed token whose subject is not its account is refused', async () => {
  const { tokens, key } = cluster()
  const token = forge(key, { ...claims, sub: 'system:serviceaccount:kube-system:admin' })
  const why = 'service account token claims could not be validated'
  assert.deepEqual(await tokens.authenticate(token), { kind: 'invalid', why })
})

test('a token without the API server’s audience is not for the API server', async () => {
  const { tokens, issue } = cluster()
  const token = await issue({ audiences: ['one', 'two'] })
  assert.deepEqual(await tokens.authenticate(token), {
    kind: 'invalid',
    why: `token audiences ["one" "two"] is invalid for the target audiences ["${ISSUER}"]`,
  })
  const review = { metadata: {}, spec: { token, audiences: ['two', 'three'] }, status: {} } as never
  assert.deepEqual((await reviewToken(review, tokens)).status.audiences, ['two'])
})

test('a token review shows the user, or why there is none', async () => {
  const { tokens, issue } = cluster()
  const status = async (token: string) => (await reviewToken({ spec: { token } } as never, tokens)).status
  const { user, ...rest } = await status(await issue())
  assert.deepEqual(rest, { authenticated: true, audiences: [ISSUER] })
  assert.deepEqual(user?.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'])
  assert.deepEqual(await status('nonsense'), { user: {}, error: 'invalid bearer token' })
  await assert.rejects(status(''), /token is required for TokenReview in authentication/)
})

test('a legacy token is good while its secret holds it', async () => {
  const { tokens, issuer, secrets } = cluster()
  const token = await issuer.issueLegacy(account, 'sa-1', 'old')
  assert.deepEqual(await tokens.authenticate(token), { kind: 'invalid', why: invalidated })
  secrets.put({ metadata: meta('old', 's'), data: { token: Buffer.from(token).toString('base64') } })
  assert.equal((await tokens.authenticate(token)).kind, 'user')
  secrets.put({ metadata: meta('old', 's'), data: { token: Buffer.from('other').toString('base64') } })
  assert.deepEqual(await tokens.authenticate(token), { kind: 'invalid', why: invalidated })
})

const prefix = 'TokenRequest.authentication.k8s.io'
const refusals: [spec: Partial<TokenRequestSpec>, metadata: object, want: string][] = [
  [
    { expirationSeconds: 60 },
    {},
    `422 ${prefix} "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes`,
  ],
  [
    { expirationSeconds: 9999999999 },
    {},
    `422 ${prefix} "" is invalid: spec.expirationSeconds: Invalid value: 9999999999: may not specify a duration larger than 2^32 seconds`,
  ],
  [
    {},
    { name: 'other' },
    `422 ${prefix} "robot" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified`,
  ],
  [boundTo('Pod', 'nosuch'), {}, '404 pods "nosuch" not found'],
  [
    { boundObjectRef: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'x' } },
    {},
    '400 cannot bind token to object of type apps/v1, Kind=Deployment',
  ],
  [
    boundTo('Secret', 'tie', 'wrong'),
    {},
    '409 Operation cannot be fulfilled on Secret "tie": the UID in the bound object reference (wrong) does not match the UID in record. The object might have been deleted and then recreated',
  ],
]
for (const [spec, metadata, want] of refusals) {
  test(`no token: ${want.slice(0, 80)}`, async () => {
    await assert.rejects(cluster().request(spec, metadata), (error) => {
      assert.ok(error instanceof StatusError)
      assert.equal(`${error.code} ${error.message}`, want)
      return true
    })
  })
}

test('no token is bound to a pod of another account', async () => {
  const here = cluster()
  here.pods.put({ metadata: meta('p', 'pod-1'), spec: { containers: [], serviceAccountName: 'default' }, status: {} })
  await assert.rejects(
    here.request(boundTo('Pod', 'p')),
    /cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name\./,
  )
})

test('the published key verifies tokens', async () => {
  const { key, issue } = cluster()
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const keys = createLocalJWKSet(jsonWebKeySet([key]) as never)
  const { payload } = await jwtVerify(await issue(), keys, {
    issuer: ISSUER,
    currentDate: new Date(Date.UTC(2026, 0, 1)),
  })
  assert.equal(payload.sub, 'system:serviceaccount:ns:robot')
  assert.deepEqual(openIdConfiguration('https://h:1'), {
    issuer: ISSUER,
    jwks_uri: 'https://h:1/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
})
