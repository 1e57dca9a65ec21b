import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSignedBy } from '../../api/detached-signature.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { bootstrapSigner } from './bootstrap-signer.ts'
import { tokenCleaner } from './token-cleaner.ts'

const HOUR_MS = 3_600_000
const SECRET = '0123456789abcdef'

function token(id: string, values: Record<string, string> = { 'usage-bootstrap-signing': 'true' }) {
  const all = { 'token-id': id, 'token-secret': SECRET, ...values }
  return {
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  }
}

test('tokens are deleted when they end; other Secrets and tokens without an end stay', async (t) => {
  const bench = controllerBench(t, tokenCleaner)
  const expiration = new Date(bench.clock.now() + HOUR_MS).toISOString()
  const opaque = { ...token('opaque', { expiration }), type: 'Opaque' }
  bench.put('secrets', token('mortal', { expiration }), token('forevr', {}), opaque)
  await bench.rest()
  assert.equal(bench.all('secrets').length, 3)
  await bench.clock.advance(HOUR_MS)
  await bench.rest()
  assert.deepEqual(
    bench
      .all('secrets')
      .map(({ metadata }) => metadata.name)
      .sort(),
    ['bootstrap-token-forevr', 'bootstrap-token-opaque'],
  )
})

test('cluster-info is signed with every token that is for it, and with none that is gone', async (t) => {
  const bench = controllerBench(t, bootstrapSigner)
  const info = () => bench.all('configMaps')[0]?.data ?? {}
  const data = { kubeconfig: 'the authority', mine: 'x', 'jws-kubeconfig-before': 'y' }
  bench.put('configMaps', { metadata: { name: 'cluster-info', namespace: 'kube-public' }, data })
  bench.put(
    'secrets',
    token('abcdef'),
    token('ghijkl', {}),
    token('mnopqr', { 'usage-bootstrap-signing': 'true', expiration: 'x' }),
  )
  await bench.rest()
  assert.deepEqual(Object.keys(info()).sort(), ['jws-kubeconfig-abcdef', 'kubeconfig', 'mine'])
  assert.ok(isSignedBy('the authority', info()['jws-kubeconfig-abcdef'] ?? '', { id: 'abcdef', secret: SECRET }))
  await bench.client.secrets.delete({ namespace: 'kube-system', name: 'bootstrap-token-abcdef' })
  await bench.rest()
  assert.deepEqual(info(), { kubeconfig: 'the authority', mine: 'x' })
  bench.api.takeWrites()
  await bench.rest()
  assert.deepEqual(bench.api.takeWrites(), [])
})
