import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { APIService } from '../../src/api/types/apiregistration.v1.ts'
import type { ConfigMap } from '../../src/api/types/core.v1.ts'
import { issueCertificate } from '../../src/apiserver/pki/issue.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import { kubectlVersions } from './harness/kubectl.ts'
import { AggregatedApi } from './programs/aggregated-api.ts'

// An API server behind this one, as kubectl sees it: through an APIService and the front-proxy certificate.

const cluster = await clusterOfThisFile({ node: false })
const { kubectl } = cluster

const HOST = 'wardle.default.svc'
const NAME = 'v1alpha1.wardle.example.com'

async function servingCertificate() {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
  const issuer = { subject: { commonName: 'wardle-ca' }, key: authority.privateKey }
  const of = { subject: issuer.subject, publicKey: authority.publicKey, usages: ['ca'] as const, ...validity }
  const serving = {
    subject: { commonName: HOST },
    publicKey: own.publicKey,
    usages: ['server'] as const,
    hosts: [HOST],
  }
  return {
    ca: await issueCertificate(of, issuer),
    cert: await issueCertificate({ ...serving, ...validity }, issuer),
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

async function authentication(): Promise<{ requestHeaderCa: string; allowedNames: string[] }> {
  const { data = {} } = await kubectl
    .in('kube-system')
    .get<ConfigMap>('configmap', 'extension-apiserver-authentication')
  return {
    requestHeaderCa: data['requestheader-client-ca-file'] as string,
    allowedNames: JSON.parse(data['requestheader-allowed-names'] as string) as string[],
  }
}

/** ExternalName, so that the backend may be on loopback, where endpoints may not be. */
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'wardle' },
  spec: { type: 'ExternalName', externalName: 'localhost' },
}

const apiService = (port: number, caBundle: string) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: NAME },
  spec: {
    group: 'wardle.example.com',
    version: 'v1alpha1',
    service: { namespace: 'default', name: 'wardle', port },
    groupPriorityMinimum: 2000,
    versionPriority: 200,
    caBundle: Buffer.from(caBundle).toString('base64'),
  },
})

const availability = async () => {
  const { status } = await kubectl.get<APIService>('apiservice', NAME)
  return status.conditions?.find(({ type }) => type === 'Available')
}

const until = (state: 'True' | 'False') => eventually(async () => assert.equal((await availability())?.status, state))

test('an aggregated API is served, explained and watched, and 503 while its server is away', async (context) => {
  const { ca, ...tls } = await servingCertificate()
  const options = { tls, ...(await authentication()) }
  const backend = new AggregatedApi(options)
  const port = await backend.listen()
  context.after(() => backend[Symbol.asyncDispose]())
  await kubectl.apply(service, apiService(port, ca))
  await until('True')
  assert.equal((await availability())?.reason, 'Passed')

  for (const version of kubectlVersions()) {
    const older = kubectl.as(version)
    assert.match(await older.run('api-resources', '--api-group=wardle.example.com'), /flunders +fl +wardle.example.com/)
    assert.match(await older.run('explain', 'flunder.spec'), /size\s+<integer>/)
  }
  assert.match(await kubectl.run('get', 'apiservices', NAME), /default\/wardle +True/)

  const flunder = {
    apiVersion: 'wardle.example.com/v1alpha1',
    kind: 'Flunder',
    metadata: { name: 'a' },
    spec: { size: 1 },
  }
  const watching = kubectl.run(
    'get',
    '--raw',
    `/apis/wardle.example.com/v1alpha1/namespaces/default/flunders?watch=true`,
  )
  watching.catch(() => {}) // ends when the backend does; awaited below
  await kubectl.create(flunder)
  assert.equal(await kubectl.valueOf('flunders/a', '.spec.size'), '1')
  assert.equal(backend.lastUser?.name, 'admin')
  assert.match(backend.lastUser?.groups ?? '', /system:masters/)

  await backend[Symbol.asyncDispose]()
  await watching.catch(() => {})
  await kubectl.run('annotate', 'apiservice', NAME, 'seen=1')
  await kubectl.run('patch', 'apiservice', NAME, '--type=merge', '-p', '{"spec":{"versionPriority":201}}')
  await until('False')
  const condition = await availability()
  assert.equal(condition?.reason, 'FailedDiscoveryCheck')
  assert.match(
    condition?.message ?? '',
    /^failing or missing response from https:\/\/localhost:\d+\/apis\/wardle\.example\.com\/v1alpha1: /,
  )
  assert.match(
    await kubectl.refusal(['get', '--raw', '/apis/wardle.example.com/v1alpha1']),
    /currently unable to handle the request|service unavailable/,
  )
  assert.match(await kubectl.run('get', 'namespaces'), /kube-system/)
  const resources = await kubectl.attempt(['api-resources'])
  assert.match(resources.stdout, /deployments/)

  await using again = new AggregatedApi(options)
  await again.listen(port)
  await until('True')
  await kubectl.run('delete', 'apiservice', NAME)
  await eventually(async () => assert.doesNotMatch(await kubectl.run('api-versions'), /wardle/))
})
