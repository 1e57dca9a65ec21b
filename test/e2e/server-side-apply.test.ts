import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../src/api/types/apps.v1.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { type Kubectl, kubectlVersions, type Manifest } from './harness/kubectl.ts'

// Server-side apply and managedFields through the real kubectl, on a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })

const web = (image: string, more: { replicas?: number; env?: Record<string, string> } = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    ...(more.replicas !== undefined && { replicas: more.replicas }),
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'main',
            image,
            env: Object.entries(more.env ?? {}).map(([name, value]) => ({ name, value })),
          },
        ],
      },
    },
  },
})

const serverSide = (kubectl: Kubectl, manifest: Manifest, ...flags: string[]) =>
  kubectl.attempt(['apply', '--server-side', '-f', '-', ...flags], { input: JSON.stringify(manifest) })

/** `manager operation`, sorted; the controllers' left out, and the version off a kubectl that is called by one. */
async function managers(kubectl: Kubectl): Promise<string[]> {
  const { metadata } = await kubectl.get<Deployment>('deployment', 'web', '--show-managed-fields')
  return (metadata.managedFields ?? [])
    .filter(({ manager }) => manager !== 'kube-controller-manager')
    .map(({ manager, operation, subresource }) =>
      [manager?.replace(/^kubectl\.[\d.]+$/, 'kubectl'), operation, subresource].filter(Boolean).join(' '),
    )
    .sort()
}

for (const version of kubectlVersions()) {
  const through = version ? `kubectl ${version}` : 'kubectl'

  test(`${through}: server-side apply makes, changes and takes away`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const image = 'test.local/web:1'
    const first = await serverSide(kubectl, web(image, { env: { A: '1', B: '2' } }))
    assert.equal(first.stdout.trim(), 'deployment.apps/web serverside-applied')
    await serverSide(kubectl, web(image, { env: { B: '3' } }))
    const env = await kubectl.valueOf('deployment/web', '.spec.template.spec.containers[0].env')
    assert.deepEqual(JSON.parse(env), [{ name: 'B', value: '3' }])
    assert.deepEqual(await managers(kubectl), ['kubectl Apply'])
  })

  test(`${through}: what another manager owns is a conflict, until it is forced`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await serverSide(kubectl, web('test.local/web:1'))
    const refused = await serverSide(kubectl, web('test.local/web:2'), '--field-manager=other')
    assert.match(
      refused.stderr,
      /Apply failed with 1 conflict: conflict with "kubectl": \.spec\.template\.spec\.containers\[name="main"\]\.image/,
    )
    await serverSide(kubectl, web('test.local/web:2'), '--field-manager=other', '--force-conflicts')
    assert.equal(await kubectl.valueOf('deployment/web', '.spec.template.spec.containers[0].image'), 'test.local/web:2')
    assert.deepEqual(await managers(kubectl), ['kubectl Apply', 'other Apply'])
  })

  test(`${through}: an object applied on the client's side goes over to server-side apply`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(web('test.local/web:1', { replicas: 0 }))
    assert.deepEqual(await managers(kubectl), ['kubectl-client-side-apply Update'])
    const applied = await serverSide(kubectl, web('test.local/web:2', { replicas: 0 }))
    assert.equal(applied.status, 0, applied.stderr)
    assert.match(await kubectl.run('apply', 'view-last-applied', 'deployment/web'), /image: test\.local\/web:2/)
    const own = (await managers(kubectl)).filter((manager) => manager.startsWith('kubectl '))
    assert.deepEqual(own, ['kubectl Apply'])
  })

  test(`${through}: a server-side diff shows what apply would do, and does nothing`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await serverSide(kubectl, web('test.local/web:1'))
    const diff = (manifest: Manifest) =>
      kubectl.attempt(['diff', '--server-side', '-f', '-'], { input: JSON.stringify(manifest) })
    assert.deepEqual((await diff(web('test.local/web:1'))).stdout, '')
    const changed = await diff(web('test.local/web:2'))
    assert.match(changed.stdout, /^- +(- )?image: test\.local\/web:1\n\+ +(- )?image: test\.local\/web:2$/m)
    assert.equal(await kubectl.valueOf('deployment/web', '.spec.template.spec.containers[0].image'), 'test.local/web:1')
  })

  test(`${through}: who scales owns the replicas; managed fields are shown when asked for`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await serverSide(kubectl, web('test.local/web:1', { replicas: 0 }))
    await kubectl.run('scale', 'deployment/web', '--replicas=1')
    assert.deepEqual(await managers(kubectl), ['kubectl Apply', 'kubectl Update scale'])
    const again = await serverSide(kubectl, web('test.local/web:1', { replicas: 0 }))
    assert.match(again.stderr, /conflict with "kubectl[^"]*" with subresource "scale" using apps\/v1: \.spec\.replicas/)
    assert.doesNotMatch(await kubectl.run('get', 'deployment/web', '-o', 'yaml'), /managedFields/)
  })
}
