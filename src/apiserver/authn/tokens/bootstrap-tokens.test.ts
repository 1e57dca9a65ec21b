import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '../../../api/types/core.v1.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { BootstrapTokens } from './bootstrap-tokens.ts'

const TOKEN = 'abcdef.0123456789abcdef'
const GOOD = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
}

const secret = (values: Record<string, string>, metadata: Partial<Secret['metadata']> = {}): Secret => ({
  metadata: {
    name: 'bootstrap-token-abcdef',
    namespace: 'kube-system',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...metadata,
  },
  type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
})

async function who(present: Secret, token = TOKEN): Promise<string> {
  const tokens = new BootstrapTokens({ secrets: new FakeInformer(present).lister, clock: new FakeClock() })
  const result = await tokens.authenticate(token)
  return result.kind === 'user' ? `${result.user.name} ${result.user.groups}` : result.kind
}

const cases: [what: string, present: Secret, want: string, token?: string][] = [
  ['a token', secret(GOOD), 'system:bootstrap:abcdef system:bootstrappers'],
  [
    'a token with groups',
    secret({ ...GOOD, 'auth-extra-groups': 'system:bootstrappers:rack-1' }),
    'system:bootstrap:abcdef system:bootstrappers,system:bootstrappers:rack-1',
  ],
  ['a token with a group that it may not give', secret({ ...GOOD, 'auth-extra-groups': 'system:masters' }), 'foreign'],
  [
    'a token that has not ended',
    secret({ ...GOOD, expiration: '2026-01-01T00:00:01Z' }),
    'system:bootstrap:abcdef system:bootstrappers',
  ],
  ['a token that has ended', secret({ ...GOOD, expiration: '2026-01-01T00:00:00Z' }), 'foreign'],
  ['a token that only signs', secret({ ...GOOD, 'usage-bootstrap-authentication': 'false' }), 'foreign'],
  ['a token that is being deleted', secret(GOOD, { deletionTimestamp: '2026-01-01T00:00:00Z' }), 'foreign'],
  ['a wrong secret', secret(GOOD), 'foreign', 'abcdef.0123456789abcdeg'],
  ['an unknown token', secret(GOOD), 'foreign', 'ghijkl.0123456789abcdef'],
  ['something else', secret(GOOD), 'foreign', 'eyJhbGciOi'],
]
for (const [what, present, want, token] of cases) {
  test(`${what}: ${want}`, async () => assert.equal(await who(present, token), want))
}

test('a bootstrap token is for the API server alone', async () => {
  const tokens = new BootstrapTokens({ secrets: new FakeInformer(secret(GOOD)).lister, clock: new FakeClock() })
  assert.equal((await tokens.authenticate(TOKEN, ['vault'])).kind, 'foreign')
})
