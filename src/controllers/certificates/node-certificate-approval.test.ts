import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificateRequest, type RequestSubject } from '../../base/make-certificate-request.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { nodeCertificateApproval } from './node-certificate-approval.ts'

const SERVING = 'kubernetes.io/kubelet-serving'
const CLIENT = 'kubernetes.io/kube-apiserver-client'
const NODE = { commonName: 'system:node:a', organizations: ['system:nodes'] }

const node = (name: string, ...addresses: string[]) => ({
  metadata: { name },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP' as const, address })) },
})
const servers = {
  metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  endpoints: [{ addresses: ['10.0.0.100'] }],
}

interface Asked {
  readonly what: string
  readonly signerName: string
  readonly subject: RequestSubject
  readonly username?: string
  readonly groups?: readonly string[]
  readonly usages?: readonly string[]
  readonly approved: boolean
}

const serving = (...addresses: string[]): RequestSubject => ({ ...NODE, addresses })
const clients = ['digital signature', 'client auth']

const cases: Asked[] = [
  { what: 'its own address', signerName: SERVING, subject: serving('10.0.0.1'), approved: true },
  {
    what: 'an address that it does not have',
    signerName: SERVING,
    subject: serving('10.0.0.1', '10.0.0.9'),
    approved: false,
  },
  { what: 'an address that another node has too', signerName: SERVING, subject: serving('10.0.0.2'), approved: false },
  { what: 'the address of an API server', signerName: SERVING, subject: serving('10.0.0.100'), approved: false },
  {
    what: 'an address in the API server’s certificate',
    signerName: SERVING,
    subject: serving('10.0.0.200'),
    approved: false,
  },
  { what: 'a cluster IP', signerName: SERVING, subject: serving('10.96.0.1'), approved: false },
  {
    what: 'the certificate of another node',
    signerName: SERVING,
    subject: { ...serving('10.0.0.1'), commonName: 'system:node:b' },
    approved: false,
  },
  {
    what: 'a serving certificate, as no node',
    signerName: SERVING,
    subject: serving('10.0.0.1'),
    groups: [],
    approved: false,
  },
  {
    what: 'a serving certificate to be a client with',
    signerName: SERVING,
    subject: serving('10.0.0.1'),
    usages: clients,
    approved: false,
  },
  {
    what: 'to be its proxy',
    signerName: CLIENT,
    subject: { commonName: 'system:kube-proxy' },
    usages: clients,
    approved: true,
  },
  {
    what: 'to be an administrator',
    signerName: CLIENT,
    subject: { commonName: 'admin' },
    usages: clients,
    approved: false,
  },
  {
    what: 'to be its proxy, in a group',
    signerName: CLIENT,
    subject: { commonName: 'system:kube-proxy', organizations: ['system:nodes'] },
    usages: clients,
    approved: false,
  },
  {
    what: 'to look after its volumes',
    signerName: CLIENT,
    subject: { commonName: 'system:navarch:local-volumes', organizations: ['system:navarch:node:a'] },
    usages: clients,
    approved: true,
  },
  {
    what: 'to look after another’s volumes',
    signerName: CLIENT,
    subject: { commonName: 'system:navarch:local-volumes', organizations: ['system:navarch:node:b'] },
    usages: clients,
    approved: false,
  },
  {
    what: 'to look after all volumes',
    signerName: CLIENT,
    subject: { commonName: 'system:navarch:local-volumes' },
    usages: clients,
    approved: false,
  },
  {
    what: 'to be a proxy, with a token only',
    signerName: CLIENT,
    subject: { commonName: 'system:kube-proxy' },
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers'],
    usages: clients,
    approved: false,
  },
]

for (const { what, signerName, subject, username, groups, usages, approved } of cases) {
  test(`a node that asks for ${what} is ${approved ? '' : 'not '}approved`, async (t) => {
    const isApiServer = (address: string): boolean => address === '10.0.0.200'
    const bench = controllerBench(t, nodeCertificateApproval({ isApiServer, serviceCIDR: '10.96.0.0/12' }))
    const every = ['10.0.0.1', '10.0.0.2', '10.0.0.100', '10.0.0.200', '10.96.0.1']
    bench.put('nodes', node('a', ...every), node('b', '10.0.0.2'))
    bench.put('endpointSlices', servers)
    const { request } = await makeCertificateRequest(subject)
    const spec = {
      request: Buffer.from(request).toString('base64'),
      signerName,
      username: username ?? 'system:node:a',
      groups: [...(groups ?? ['system:nodes'])],
      usages: [...(usages ?? ['digital signature', 'server auth'])],
    }
    bench.put('certificateSigningRequests', { metadata: { name: 'one' }, spec: spec as never, status: {} })
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve)) // the library reads
    await bench.rest()
    const conditions = bench.all('certificateSigningRequests')[0]?.status.conditions ?? []
    assert.deepEqual(
      conditions.map(({ type }) => type),
      approved ? ['Approved'] : [],
    )
  })
}

test('a node whose addresses are not known yet is looked at again', async (t) => {
  const options = { isApiServer: () => false, serviceCIDR: '10.96.0.0/12' }
  const bench = controllerBench(t, nodeCertificateApproval(options))
  const { request } = await makeCertificateRequest(serving('10.0.0.1'))
  const spec = {
    request: Buffer.from(request).toString('base64'),
    signerName: SERVING,
    username: 'system:node:a',
    groups: ['system:nodes'],
    usages: ['digital signature', 'server auth'],
  }
  const metadata = { name: 'one', creationTimestamp: new Date(bench.clock.now()).toISOString() }
  bench.put('certificateSigningRequests', { metadata, spec: spec as never, status: {} })
  const rest = async (): Promise<number> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    await bench.rest()
    return bench.all('certificateSigningRequests')[0]?.status.conditions?.length ?? 0
  }
  assert.equal(await rest(), 0)
  bench.put('nodes', node('a', '10.0.0.1'))
  await bench.clock.advance(1_000)
  assert.equal(await rest(), 1)
})
