import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../src/api/types/apiextensions.v1.ts'
import { issueCertificate } from '../../src/apiserver/pki/issue.ts'
import { assertSucceeded, clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl, Manifest } from './harness/kubectl.ts'
import { kubectlVersions } from './harness/kubectl.ts'
import { ConversionWebhook } from './programs/conversion-webhook.ts'

// CustomResourceDefinitions and what they define, through the real kubectl, on a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })

/** Each test has a group of its own, as definitions are for the whole cluster. */
let groups = 0
const newGroup = () => `g${++groups}.example.com`

const boatSchema = {
  type: 'object',
  description: 'A boat that sails.',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      description: 'What the boat should be like.',
      required: ['sails'],
      properties: {
        sails: { type: 'integer', description: 'How many sails it has.', minimum: 0, maximum: 9 },
        color: { type: 'string', default: 'white' },
      },
    },
    status: {
      type: 'object',
      properties: { sails: { type: 'integer' }, selector: { type: 'string' } },
    },
  },
}

const boats = (group: string, change: object = {}): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `boats.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'boats', singular: 'boat', kind: 'Boat', shortNames: ['bt'], categories: ['fleet'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: boatSchema },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.sails',
            statusReplicasPath: '.status.sails',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Sails', type: 'integer', jsonPath: '.spec.sails' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        ...change,
      },
    ],
  },
})

const boat = (group: string, name: string, more: object = {}): Manifest => ({
  apiVersion: `${group}/v1`,
  kind: 'Boat',
  metadata: { name, labels: { fleet: 'north' } },
  spec: { sails: 2 },
  ...more,
})

/** The definition is served when this resolves; its group goes with it when the test ends. */
async function define(kubectl: Kubectl, definition: Manifest): Promise<string> {
  const { name } = definition.metadata as { name: string }
  await kubectl.apply(definition)
  await kubectl.run('wait', '--for=condition=Established', `crd/${name}`, '--timeout=5s')
  return name
}

const editorThat = (expression: string): string => {
  const file = join(cluster.directory, `editor-${Math.random().toString(36).slice(2)}`)
  writeFileSync(file, `#!/bin/sh\nexec sed -i '${expression}' "$1"\n`)
  chmodSync(file, 0o755)
  return file
}

for (const version of kubectlVersions()) {
  const through = `kubectl ${version ?? 'on PATH'}`

  test(`${through}: a custom resource is applied, printed, described and explained`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const group = newGroup()
    await define(kubectl, boats(group))
    assert.match(
      await kubectl.run('api-resources', `--api-group=${group}`),
      /^boats +bt +g\d+\.example\.com\/v1 +true +Boat$/m,
    )
    assert.equal(await kubectl.apply(boat(group, 'argo')), `boat.${group}/argo created`)
    assert.equal(await kubectl.apply(boat(group, 'argo')), `boat.${group}/argo unchanged`)
    assert.match(await kubectl.run('get', `boats.${group}`), /^NAME +SAILS +AGE\nargo +2 +\d+s$/)
    assert.match(await kubectl.run('get', `boats.${group}`, '-o', 'wide'), /^NAME +SAILS +COLOR +AGE\n/)
    assert.equal(await kubectl.run('get', `boats.v1.${group}`, '-l', 'fleet=north', '-o', 'name'), `boat.${group}/argo`)
    assert.match(await kubectl.run('describe', `boat.${group}`, 'argo'), /^Kind: +Boat$/m)
    await eventually(async () => {
      assert.match(await kubectl.run('explain', 'boat.spec', `--api-version=${group}/v1`), /sails\s+<integer>/)
    })
    await kubectl.run('delete', `crd/boats.${group}`)
  })

  test(`${through}: a custom resource is edited, labelled, patched, scaled and deleted`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const group = newGroup()
    await define(kubectl, boats(group))
    const boatsHere = `boats.${group}`
    await kubectl.create(boat(group, 'argo'), boat(group, 'pequod'))
    const edited = await kubectl.runWith(
      { env: { KUBE_EDITOR: editorThat('s/sails: 2/sails: 3/') } },
      'edit',
      boatsHere,
      'argo',
    )
    assert.equal(edited, `boat.${group}/argo edited`)
    await kubectl.run('label', boatsHere, 'argo', 'crew=full')
    await kubectl.run('patch', boatsHere, 'argo', '--type=merge', '-p', '{"spec":{"color":"black"}}')
    assert.match(
      await kubectl.refusal(['patch', boatsHere, 'argo', '--type=strategic', '-p', '{}']),
      /application\/strategic-merge-patch\+json is not supported|unknown format/,
    )
    assert.equal(await kubectl.run('scale', boatsHere, 'argo', '--replicas=5'), `boat.${group}/argo scaled`)
    const { metadata, spec } = await kubectl.get<{ metadata: { generation: number; labels: object }; spec: object }>(
      boatsHere,
      'argo',
    )
    assert.deepEqual(metadata.labels, { fleet: 'north', crew: 'full' })
    assert.deepEqual([metadata.generation, spec], [4, { color: 'black', sails: 5 }])
    const patch = ['--subresource=status', '--type=merge', '-p', '{"status":{"sails":4}}']
    await kubectl.run('patch', boatsHere, 'argo', ...patch)
    assert.equal(
      await kubectl.run('get', boatsHere, 'argo', '--subresource=scale', '-o', 'jsonpath={.status.replicas}'),
      '4',
    )
    assert.match(await kubectl.run('delete', boatsHere, '--all'), /"argo" deleted.*\n.*"pequod" deleted/)
    assert.match(await kubectl.run('get', boatsHere, '--ignore-not-found'), /^$/)
    await kubectl.run('delete', `crd/${boatsHere}`)
  })
}

test('a definition that is deleted takes its objects with it, and its group vanishes', async (context) => {
  const kubectl = await cluster.namespace(context)
  const group = newGroup()
  const name = await define(kubectl, boats(group))
  await kubectl.create(boat(group, 'argo'))
  await kubectl.run('delete', 'crd', name, '--timeout=10s')
  assert.doesNotMatch(await kubectl.run('get', '--raw', '/apis'), new RegExp(group))
  assert.match(await kubectl.refusal(['get', '--raw', `/apis/${group}/v1`]), /could not find the requested resource/)
  await define(kubectl, boats(group))
  assert.equal(await kubectl.run('get', `boats.${group}`, '-o', 'name'), '')
})

test('definitions of a group get their names one after the other', async (context) => {
  const kubectl = await cluster.namespace(context)
  const group = newGroup()
  await define(kubectl, boats(group))
  const rival = {
    ...boats(group),
    metadata: { name: `ships.${group}` },
    spec: { ...(boats(group).spec as object), names: { plural: 'ships', singular: 'ship', kind: 'Boat' } },
  }
  await kubectl.apply(rival)
  const refused = `--for=jsonpath={.status.conditions[?(@.type=="NamesAccepted")].reason}=ListKindConflict`
  await kubectl.run('wait', refused, `crd/ships.${group}`, '--timeout=5s')
  await kubectl.run('delete', 'crd', `boats.${group}`)
  await kubectl.run('wait', '--for=condition=Established', `crd/ships.${group}`, '--timeout=5s')
})

test('a namespace takes its custom resources with it, and what they own goes with them', async (context) => {
  const kubectl = await cluster.namespace(context)
  const group = newGroup()
  await define(kubectl, boats(group))
  await kubectl.run('create', 'namespace', 'harbour')
  const harbour = kubectl.in('harbour')
  await harbour.create(boat(group, 'argo'))
  await kubectl.create(boat(group, 'pequod'))
  const uid = await kubectl.valueOf(`boats.${group}/pequod`, '.metadata.uid')
  const owner = { apiVersion: `${group}/v1`, kind: 'Boat', name: 'pequod', uid }
  await kubectl.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'log', ownerReferences: [owner] } })
  await harbour.run('delete', 'namespace', 'harbour', '--timeout=20s')
  assert.equal(await kubectl.run('get', `boats.${group}`, '-A', '-o', 'name'), `boat.${group}/pequod`)
  await kubectl.run('delete', `boats.${group}`, 'pequod')
  await kubectl.run('wait', '--for=delete', 'configmap/log', '--timeout=20s')
})

async function servingCertificate(): Promise<{ cert: string; key: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'conversion' }
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
  const request = { subject, publicKey, usages: ['server'] as const, hosts: ['127.0.0.1'], ...validity }
  const cert = await issueCertificate(request, { subject, key: privateKey })
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

const text = { type: 'string' }
const cronTabs = (group: string, url: string, caBundle: string): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `crontabs.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        deprecated: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { hostPort: text } } },
      },
      {
        name: 'v1',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', properties: { host: text, port: text } } },
      },
    ],
    conversion: {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1'],
        clientConfig: { url, caBundle: Buffer.from(caBundle).toString('base64') },
      },
    },
  },
})

test('a webhook converts between versions, and its failures are told', async (context) => {
  const kubectl = await cluster.namespace(context)
  const group = newGroup()
  const tls = await servingCertificate()
  await using webhook = new ConversionWebhook(tls)
  const port = await webhook.listen()
  await define(kubectl, cronTabs(group, `https://127.0.0.1:${port}/crdconvert`, tls.cert))
  const cronTab = (name: string, hostPort: string) => ({
    apiVersion: `${group}/v1beta1`,
    kind: 'CronTab',
    metadata: { name },
    hostPort,
  })
  const { stderr } = await kubectl.attempt(['create', '-f', '-'], {
    input: JSON.stringify(cronTab('a', 'localhost:1234')),
  })
  assert.match(stderr, new RegExp(`Warning: ${group}/v1beta1 CronTab is deprecated; use ${group}/v1 CronTab`))
  const { host, port: read } = await kubectl.get<{ host: string; port: string }>(`crontabs.v1.${group}`, 'a')
  assert.deepEqual([host, read], ['localhost', '1234'])
  await kubectl.run('patch', `crontabs.v1.${group}`, 'a', '--type=merge', '-p', '{"port":"80"}')
  assert.equal(await kubectl.run('get', `crontabs.v1beta1.${group}`, 'a', '-o', 'jsonpath={.hostPort}'), 'localhost:80')

  await kubectl.create(cronTab('bad', 'nonsense'))
  const failed = `conversion webhook for ${group}/v1beta1, Kind=CronTab failed:`
  assert.match(
    await kubectl.refusal(['get', `crontabs.v1.${group}`, 'bad']),
    new RegExp(`${failed} cannot split "nonsense"`),
  )
  await kubectl.run('delete', `crontabs.v1beta1.${group}`, 'bad')
  await webhook[Symbol.asyncDispose]()
  await kubectl.create(cronTab('b', 'localhost:1'))
  assert.match(
    await kubectl.refusal(['get', `crontabs.v1.${group}`, 'b']),
    new RegExp(`${failed} Post .*connection refused`),
  )
  await kubectl.run('delete', 'crd', `crontabs.${group}`, '--timeout=20s')
})

test('custom resources are there again when the server is', async (context) => {
  const kubectl = await cluster.namespace(context)
  const group = newGroup()
  const name = await define(kubectl, boats(group))
  await kubectl.create(boat(group, 'argo'))
  assertSucceeded(await cluster.navarch('down'))
  assertSucceeded(await cluster.up())
  assert.equal(await kubectl.run('get', `boats.${group}`, '-o', 'name'), `boat.${group}/argo`)
  const { status } = await kubectl.get<CustomResourceDefinition>('crd', name)
  assert.equal(status?.conditions?.find(({ type }) => type === 'Established')?.status, 'True')
})
