import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TRUST_ANCHOR } from '../../../testing/trust-anchor.ts'
import type { ClusterTrustBundle } from '../../types/certificates.v1beta1.ts'
import { clusterTrustBundles } from './cluster-trust-bundle.ts'

const CA = TRUST_ANCHOR
/** Self-signed, and may not sign others. */
const LEAF = `-----BEGIN CERTIFICATE-----
MIIBcTCCARagAwIBAgIUPcfBQPLrHB2O8Xl4gh40ToX2pS8wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbGVhZjAeFw0yNjExMjkwNjU1MThaFw0zNjExMjYwNjU1MTha
MA8xDTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATY2agB
CmelN5B7DV6GwZDVhuuTidudHCoBw8xbuQSHrXEL/5VzYINjqJjI0HSFO4PC9RnB
J6PgoEKd7+rCRQ5Eo1AwTjAdBgNVHQ4EFgQUb5J5BQwUZGxTCTqWxj9r/PHWXHEw
HwYDVR0jBBgwFoAUb5J5BQwUZGxTCTqWxj9r/PHWXHEwDAYDVR0TAQH/BAIwADAK
BggqhkjOPQQDAgNJADBGAiEA+hcvL+iAOnXAPlhFqLzmADFKw86Lo05PSef/cq7j
4eUCIQCp+0hnl43ZANZWVkD7GraNAMbXsX12DS31kbLuCFcXIA==
-----END CERTIFICATE-----
`

const bundle = (name: string, trustBundle: string, signerName?: string): ClusterTrustBundle => ({
  metadata: { name } as ClusterTrustBundle['metadata'],
  spec: { trustBundle, ...(signerName && { signerName }) },
})

function faults(object: ClusterTrustBundle, old?: ClusterTrustBundle): string[] {
  const { validate, validateUpdate } = clusterTrustBundles.rules
  const errors = validate?.(object, old) ?? []
  const changes = old ? (validateUpdate?.(object, { old, subresource: '' }) ?? []) : []
  return [...errors, ...changes].map(({ field, message }) => `${field}: ${message}`)
}

interface Case {
  readonly what: string
  readonly object: ClusterTrustBundle
  readonly old?: ClusterTrustBundle
  readonly want: readonly string[]
}

const omitted = (why: string) => `spec.trustBundle: Invalid value: "<value omitted>": ${why}`

const CASES: readonly Case[] = [
  { what: 'an authority', object: bundle('a', `comment\n${CA}`), want: [] },
  { what: 'an authority of a signer', object: bundle('example.com:s:a', CA, 'example.com/s'), want: [] },
  {
    what: 'a signer that the name does not tell of',
    object: bundle('a', CA, 'example.com/s'),
    want: [
      'metadata.name: Invalid value: "a": ClusterTrustBundle for signerName example.com/s must be named with prefix example.com:s:',
    ],
  },
  {
    what: 'a name like that of a signer, and none',
    object: bundle('example.com:s:a', CA),
    want: [
      'metadata.name: Invalid value: "example.com:s:a": ClusterTrustBundle without signer name must not have ":" in its name',
    ],
  },
  { what: 'nothing', object: bundle('a', 'no block'), want: [omitted('at least one trust anchor must be provided')] },
  {
    what: 'a certificate of no authority',
    object: bundle('a', LEAF),
    want: [omitted('entry 0 does not have the CA bit set')],
  },
  {
    what: 'an authority twice',
    object: bundle('a', CA + CA),
    want: [omitted('duplicate trust anchor (indices [0 1])')],
  },
  {
    what: 'other blocks, headers and garbage',
    object: bundle(
      'a',
      `${CA.replaceAll('CERTIFICATE', 'KEY')}${CA.replace('-----\n', '-----\nX: y\n\n')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ),
    want: [
      omitted('entry 0 has bad block type: KEY'),
      omitted('entry 1 has PEM block headers'),
      omitted('entry 2 does not parse as X.509'),
    ],
  },
  {
    what: 'a bundle that was worse before and is as it was',
    object: bundle('a', 'no block'),
    old: bundle('a', 'no block'),
    want: [],
  },
  {
    what: 'another signer than before',
    object: bundle('example.com:t:a', CA, 'example.com/t'),
    old: bundle('example.com:t:a', CA, 'example.com/s'),
    want: ['spec.signerName: Invalid value: "example.com/t": field is immutable'],
  },
]

for (const { what, object, old, want } of CASES) {
  test(`a trust bundle with ${what} has ${want.length} faults`, () => assert.deepEqual(faults(object, old), want))
}

test('a bundle of nothing but beginnings is looked at once', () => {
  const many = '-----BEGIN CERTIFICATE-----\n'.repeat(37_000)
  assert.deepEqual(faults(bundle('a', many)), [omitted('at least one trust anchor must be provided')])
})
