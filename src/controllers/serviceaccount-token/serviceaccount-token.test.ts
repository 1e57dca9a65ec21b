import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { serviceAccountTokenController } from './serviceaccount-token.ts'

const controller = () =>
  serviceAccountTokenController({ rootCa: 'CA', sign: async (claims) => `signed ${JSON.stringify(claims)}` })
const account = { metadata: { name: 'sa', namespace: 'ns', uid: 'uid-sa' } }
const secret = (annotations: Record<string, string>, data?: Record<string, string>) => ({
  metadata: { name: 's', namespace: 'ns', annotations },
  type: 'kubernetes.io/service-account-token',
  ...(data && { data }),
})
const named = { 'kubernetes.io/service-account.name': 'sa' }
const bound = { ...named, 'kubernetes.io/service-account.uid': 'uid-sa' }
const text = (value = '') => Buffer.from(value, 'base64').toString()
const base64 = (value: string) => Buffer.from(value).toString('base64')

test('a token secret gets a signed token, the CA and the namespace, and names its account', async (t) => {
  const bench = controllerBench(t, controller())
  bench.put('serviceAccounts', account)
  bench.put('secrets', secret(named))
  await bench.rest()
  const [filled] = bench.all('secrets')
  assert.deepEqual(filled?.metadata.annotations, bound)
  assert.deepEqual([text(filled.data?.['ca.crt']), text(filled.data?.namespace)], ['CA', 'ns'])
  assert.deepEqual(JSON.parse(text(filled.data?.token).slice('signed '.length)), {
    iss: 'kubernetes/serviceaccount',
    sub: 'system:serviceaccount:ns:sa',
    'kubernetes.io/serviceaccount/namespace': 'ns',
    'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'sa',
    'kubernetes.io/serviceaccount/service-account.uid': 'uid-sa',
  })
})

test('another CA is brought in, the token stays; what is complete is left alone', async (t) => {
  const bench = controllerBench(t, controller())
  bench.put('serviceAccounts', account)
  bench.put('secrets', secret(bound, { token: base64('mine'), 'ca.crt': base64('old'), namespace: base64('ns') }))
  await bench.rest()
  const [filled] = bench.all('secrets')
  assert.deepEqual([text(filled?.data?.token), text(filled?.data?.['ca.crt'])], ['mine', 'CA'])
  assert.deepEqual(bench.api.takeWrites(), ['update secrets ns/s'])
})

const orphans = [
  { title: 'whose account is not there', accounts: [] },
  {
    title: 'of an account of the same name that came later',
    accounts: [{ metadata: { ...account.metadata, uid: 'new' } }],
  },
]
for (const { title, accounts } of orphans) {
  test(`a token secret ${title} is deleted`, async (t) => {
    const bench = controllerBench(t, controller())
    bench.put('serviceAccounts', ...accounts)
    bench.put('secrets', secret(bound))
    await bench.rest()
    assert.deepEqual(bench.all('secrets'), [])
  })
}

test('the secret goes when its account does; other secrets are no concern', async (t) => {
  const bench = controllerBench(t, controller())
  bench.put('serviceAccounts', account)
  bench.put('secrets', secret(named), { ...secret(named), metadata: { name: 'o', namespace: 'ns' }, type: 'Opaque' })
  await bench.rest()
  await bench.client.serviceAccounts.delete({ name: 'sa', namespace: 'ns' })
  await bench.rest()
  assert.deepEqual(
    bench.all('secrets').map(({ metadata }) => metadata.name),
    ['o'],
  )
})
