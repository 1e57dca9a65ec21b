import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { baseRuleset } from './base-ruleset.ts'
import { emptyFragment, fragmentOf } from './fragment.ts'
import type { ServicePort } from './service-ports.ts'
import { staleConnections } from './stale-connections.ts'
import { transactionText } from './transaction.ts'

const backend = (ip: string, local = true) => ({ ip, port: 8080, local })
const [a, b] = [backend('10.244.0.5'), backend('10.244.1.6', false)]

function port(changes: Partial<ServicePort> = {}): ServicePort {
  return {
    id: 'shop/web/tcp/http',
    protocol: 'tcp',
    port: 80,
    clusterIPs: ['10.96.0.9'],
    externalIPs: [],
    nodePort: 30080,
    sourceRanges: [],
    affinitySeconds: undefined,
    internal: [a, b],
    external: [a, b],
    externalLocal: false,
    cluster: [a, b],
    ...changes,
  }
}

const fragment = (changes: Partial<ServicePort> = {}) => fragmentOf([port(changes)], '10.244.0.0/16')
const text = (from: ReturnType<typeof fragment>, to: ReturnType<typeof fragment>) =>
  transactionText('t', [{ from, to }])

test('ruleset: nothing changed, nothing is written', () => {
  assert.equal(text(fragment(), fragment()), '')
})

test('ruleset: a backend that leaves rewrites the choosing chains and drops its own', () => {
  const lines = text(fragment(), fragment({ internal: [a], external: [a], cluster: [a] }))
    .trim()
    .split('\n')
  const kinds = lines.map((line) => line.replace(/-[0-9a-f]{8}-.*/, ''))
  assert.deepEqual(
    kinds.filter((line) => !line.startsWith('add rule')),
    [
      'flush chain ip t internal',
      'flush chain ip t external',
      'flush chain ip t endpoint',
      'delete chain ip t endpoint',
    ],
  )
})

test('ruleset: without backends connections are refused, and dropped where a policy excludes those that exist', () => {
  const none = fragment({ internal: [], external: [], cluster: [] })
  assert.equal(none.elements.get('no-endpoint-services')?.get('10.96.0.9 . tcp . 80'), 'goto reject-connection')
  const elsewhere = fragment({ internal: [], external: [], cluster: [b], externalLocal: true })
  assert.equal(elsewhere.elements.get('no-endpoint-services')?.get('10.96.0.9 . tcp . 80'), 'drop')
  assert.equal(elsewhere.elements.get('no-endpoint-nodeports')?.get('tcp . 30080'), 'drop')
})

test('ruleset: UDP connections to a backend that left, or to a port that had none, are forgotten', () => {
  const udp = { id: 'shop/web/udp/dns', protocol: 'udp', nodePort: undefined } as const
  const gone = staleConnections([
    { from: fragment(udp), to: fragment({ ...udp, internal: [a], external: [a], cluster: [a] }) },
  ])
  assert.deepEqual(new Set(gone.map(({ ip, backend }) => `${ip} ${backend}`)), new Set(['10.96.0.9 10.244.1.6']))
  const first = staleConnections([
    { from: fragment({ ...udp, internal: [], external: [], cluster: [] }), to: fragment(udp) },
  ])
  assert.deepEqual(first, [{ ip: '10.96.0.9', port: '80', backend: undefined }])
})

/** A network namespace of its own for one nft run; the rules vanish with it. */
function inFreshNamespace(ruleset: string) {
  return spawnSync('unshare', ['-n', 'nft', '-f', '-'], { input: ruleset, encoding: 'utf8' })
}

test('ruleset: the kernel takes every kind of it, and a transaction back to nothing', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, () => {
  const variants = [
    fragment(),
    fragment({ affinitySeconds: 300 }),
    fragment({ externalLocal: true, external: [a] }),
    fragment({ externalLocal: true, external: [] }),
    fragment({ externalIPs: ['203.0.113.9'], sourceRanges: ['198.51.100.0/24'] }),
    fragment({ internal: [], external: [], cluster: [] }),
    fragment({ affinitySeconds: 60 }),
    emptyFragment,
  ]
  let ruleset = baseRuleset('navarch-test')
  for (const [index, to] of variants.entries()) {
    ruleset += transactionText('navarch-test', [{ from: variants[index - 1] ?? emptyFragment, to }])
  }
  const { status, stderr } = inFreshNamespace(ruleset)
  assert.equal(stderr, '')
  assert.equal(status, 0)
})
