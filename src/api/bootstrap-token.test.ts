import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiryOf, groupsOf, parseBootstrapToken, tokenOf } from './bootstrap-token.ts'
import { isSignedBy, signDetached } from './detached-signature.ts'
import type { Secret } from './types/core.v1.ts'

const secret = (values: Record<string, string>, name = 'bootstrap-token-abcdef'): Secret => ({
  metadata: {
    name,
    namespace: 'kube-system',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
})
const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef' }

test('a token is six and sixteen characters of a-z and 0-9', () => {
  const texts = [
    'abcdef.0123456789abcdef',
    'abcdef.0123456789abcde',
    'ABCDEF.0123456789abcdef',
    'abcdef',
    ' abcdef.0123456789abcdef',
  ]
  assert.deepEqual(
    texts.map((text) => parseBootstrapToken(text)?.id),
    ['abcdef', undefined, undefined, undefined, undefined],
  )
})

test('a Secret holds the token that its name says, or none', () => {
  assert.deepEqual(tokenOf(secret(good)), { id: 'abcdef', secret: '0123456789abcdef' })
  const others = [
    secret(good, 'bootstrap-token-ghijkl'),
    { ...secret(good), type: 'Opaque' },
    secret({ 'token-id': 'abcdef' }),
    { ...secret(good), metadata: { ...secret(good).metadata, namespace: 'default' } },
  ]
  assert.deepEqual(others.map(tokenOf), [undefined, undefined, undefined, undefined])
})

test('an end that cannot be read has come', () => {
  const cases: Record<string, string>[] = [{}, { expiration: '2026-01-01T00:00:00Z' }, { expiration: 'tomorrow' }]
  const ends = cases.map((values) => expiryOf(secret(values)))
  assert.deepEqual(ends, [Number.POSITIVE_INFINITY, Date.UTC(2026, 0, 1), Number.NEGATIVE_INFINITY])
})

test('a token gives no groups but those of bootstrappers', () => {
  const groups = [
    '',
    'system:bootstrappers:one,system:bootstrappers:two',
    'system:masters',
    'system:bootstrappers:one,system:nodes',
  ]
  assert.deepEqual(
    groups.map((text) => groupsOf(secret({ 'auth-extra-groups': text }))),
    [
      ['system:bootstrappers'],
      ['system:bootstrappers', 'system:bootstrappers:one', 'system:bootstrappers:two'],
      undefined,
      undefined,
    ],
  )
})

test('signatures are those that kubeadm makes and believes', () => {
  const text = 'Hello from the other side. I must have called a thousand times.'
  const token = { id: 'joshua', secret: 'my voice is my passcode' }
  const signed = 'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8'
  assert.equal(signDetached(text, token), signed)
  const claims: [content: string, signature: string, by: typeof token][] = [
    [text, signed, token],
    [`${text} `, signed, token],
    [text, signed, { ...token, secret: 'another' }],
    [text, signed, { ...token, id: 'other' }],
    [text, signed.replace('..', '.e30.'), token],
    [text, `${Buffer.from('{"alg":"none","kid":"joshua"}').toString('base64url')}..`, token],
    [text, '', token],
    [text, 'bnVsbA..x', token],
  ]
  assert.deepEqual(
    claims.map(([content, signature, by]) => isSignedBy(content, signature, by)),
    [true, false, false, false, false, false, false, false],
  )
})
