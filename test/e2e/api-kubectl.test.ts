import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigMap } from '../../src/api/types/core.v1.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import type { Manifest } from './harness/kubectl.ts'
import { kubectlVersions } from './harness/kubectl.ts'

// The API through the real kubectl, on a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })

const settings = (data: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', labels: { app: 'web' } },
  data,
})

const web: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'test.local/web:1', ports: [{ containerPort: 80 }] }] },
    },
  },
}

for (const version of kubectlVersions()) {
  const through = version ? `kubectl ${version}` : 'kubectl'

  test(`${through}: apply creates, changes, and finds what is unchanged`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    assert.equal(
      await kubectl.apply(settings({ a: '1' }), web),
      'configmap/settings created\ndeployment.apps/web created',
    )
    assert.equal(
      await kubectl.apply(settings({ a: '1' }), web),
      'configmap/settings unchanged\ndeployment.apps/web unchanged',
    )
    assert.equal(await kubectl.apply(settings({ b: '2' })), 'configmap/settings configured')
    assert.deepEqual((await kubectl.get<ConfigMap>('configmap', 'settings')).data, { b: '2' })
  })

  test(`${through}: diff shows what apply would change, and changes nothing`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(settings({ a: '1' }))
    const same = await kubectl.attempt(['diff', '-f', '-'], { input: JSON.stringify(settings({ a: '1' })) })
    assert.deepEqual([same.status, same.stdout], [0, ''])
    const changed = await kubectl.attempt(['diff', '-f', '-'], { input: JSON.stringify(settings({ a: '2' })) })
    assert.equal(changed.status, 1)
    assert.match(changed.stdout, /^- {2}a: "1"\n\+ {2}a: "2"$/m)
    assert.equal(await kubectl.valueOf('configmap/settings', '.data.a'), '1')
  })

  test(`${through}: get prints tables, wide tables, YAML, names and chosen columns`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(settings({ a: '1', b: '2' }), web)
    assert.match(await kubectl.run('get', 'configmap', 'settings'), /^NAME +DATA +AGE\nsettings +2 +\d+s$/)
    assert.match(await kubectl.run('get', 'deployment', '-o', 'wide'), /^NAME +READY .*CONTAINERS +IMAGES +SELECTOR/)
    assert.match(await kubectl.run('get', 'configmap', 'settings', '-o', 'yaml'), /^data:\n {2}a: "1"\n {2}b: "2"\n/m)
    assert.match(await kubectl.run('get', 'all', '-o', 'name'), /^deployment\.apps\/web$/m)
    const columns = await kubectl.run('get', 'configmaps', '-l', 'app=web', '-o', 'custom-columns=N:.metadata.name')
    assert.equal(columns, 'N\nsettings')
    assert.match(await kubectl.run('get', 'configmaps', '--show-labels', '-L', 'app'), /settings .*web +app=web/)
    assert.match(
      await kubectl.run('get', 'configmaps', '--chunk-size=1', '--sort-by=.metadata.name'),
      /kube-root-ca\.crt/,
    )
  })

  test(`${through}: describe tells what an object is and what happened to it`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(web)
    await kubectl.run('wait', '--for=jsonpath={.status.replicas}=2', 'deployment/web', '--timeout=10s')
    const text = await kubectl.run('describe', 'deployment', 'web')
    assert.match(text, /^Replicas: +2 desired \| 2 updated \| 2 total \| 0 available \| 2 unavailable$/m)
    assert.match(text, /ScalingReplicaSet .*deployment-controller .*Scaled up replica set web-\w+ from 0 to 2/)
    assert.match(await kubectl.run('describe', 'pod', '-l', 'app=web'), /FailedScheduling .*no nodes available/)
  })

  test(`${through}: label, annotate, patch, replace and edit change an object`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.create(settings({ a: '1' }))
    assert.equal(await kubectl.run('label', 'configmap', 'settings', 'tier=front'), 'configmap/settings labeled')
    assert.match(await kubectl.refusal(['label', 'configmap', 'settings', 'tier=back']), /--overwrite is false/)
    await kubectl.run('annotate', 'configmap', 'settings', 'note=hello')
    await kubectl.run('patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"b":"2"}}')
    await kubectl.run('patch', 'configmap', 'settings', '-p', '{"data":{"c":"3"}}')
    const operations = JSON.stringify([{ op: 'remove', path: '/data/a' }])
    await kubectl.run('patch', 'configmap', 'settings', '--type=json', '-p', operations)
    const { metadata, data } = await kubectl.get<ConfigMap>('configmap', 'settings')
    assert.deepEqual(metadata.labels, { app: 'web', tier: 'front' })
    assert.equal(metadata.annotations?.note, 'hello')
    assert.deepEqual(data, { b: '2', c: '3' })
    const edited = await kubectl.runWith(
      { env: { KUBE_EDITOR: editorThat('s/b: "2"/b: edited/') } },
      'edit',
      'configmap',
      'settings',
    )
    assert.equal(edited, 'configmap/settings edited')
    assert.equal(await kubectl.valueOf('configmap/settings', '.data.b'), 'edited')
    await kubectl.runWith({ input: JSON.stringify(settings({ z: '26' })) }, 'replace', '-f', '-')
    assert.deepEqual((await kubectl.get<ConfigMap>('configmap', 'settings')).data, { z: '26' })
  })

  test(`${through}: scale, expose, autoscale's target and set image work without a node`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(web)
    assert.equal(await kubectl.run('scale', 'deployment', 'web', '--replicas=3'), 'deployment.apps/web scaled')
    assert.equal(await kubectl.valueOf('deployment/web', '.spec.replicas'), '3')
    assert.match(
      await kubectl.refusal(['scale', 'deployment', 'web', '--current-replicas=7', '--replicas=1']),
      /Expected replicas to be 7, was 3/,
    )
    assert.equal(await kubectl.run('expose', 'deployment', 'web', '--port=80'), 'service/web exposed')
    assert.match(await kubectl.valueOf('service/web', '.spec.clusterIP'), /^10\.\d+\.\d+\.\d+$/)
    await kubectl.run('set', 'image', 'deployment/web', 'main=test.local/web:2')
    assert.match(await kubectl.run('rollout', 'history', 'deployment/web'), /^REVISION/m)
  })

  test(`${through}: wait returns when a condition holds, and says when it does not`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(settings({ a: '1' }), web)
    await kubectl.run('wait', '--for=jsonpath={.data.a}=1', 'configmap/settings', '--timeout=5s')
    const late = await kubectl.refusal(['wait', '--for=condition=Available', 'deployment/web', '--timeout=1s'])
    assert.match(late, /timed out waiting for the condition/)
    const gone = kubectl.run('wait', '--for=delete', 'configmap/settings', '--timeout=10s')
    await kubectl.run('delete', 'configmap', 'settings')
    await gone
  })

  test(`${through}: delete waits for the end, by name, label and for all`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.apply(settings({ a: '1' }), web)
    assert.match(await kubectl.run('delete', 'configmap', '-l', 'app=web'), /^configmap "settings" deleted/)
    assert.match(await kubectl.refusal(['delete', 'configmap', 'settings']), /configmaps "settings" not found/)
    await kubectl.run('delete', 'deployment', 'web', '--cascade=foreground', '--timeout=20s')
    assert.equal(await kubectl.run('get', 'replicasets,pods', '-o', 'name'), '')
  })

  test(`${through}: explain and api-resources know every served kind`, async () => {
    const kubectl = cluster.kubectl.as(version)
    assert.match(await kubectl.run('explain', 'pod.spec.containers'), /^KIND: +Pod\nVERSION: +v1/)
    assert.match(await kubectl.run('explain', 'deployment.spec.strategy.rollingUpdate'), /maxSurge/)
    assert.match(await kubectl.refusal(['explain', 'pod.spec.nothing']), /field "nothing" does not exist/)
    const names = (await kubectl.run('api-resources', '-o', 'name')).split('\n')
    for (const name of ['pods', 'deployments.apps', 'cronjobs.batch', 'endpointslices.discovery.k8s.io']) {
      assert.ok(names.includes(name), name)
    }
    assert.match(await kubectl.run('api-versions'), /^rbac\.authorization\.k8s\.io\/v1$/m)
    assert.match(await kubectl.run('version', '-o', 'json'), /"gitVersion": "v1\.36\./)
    assert.match(await kubectl.run('cluster-info'), /control plane.* is running at/i)
  })

  test(`${through}: a service account has the rights that were bound to it, and a token to show for it`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const namespace = await namespaceOf(kubectl)
    await kubectl.run('create', 'serviceaccount', 'reader')
    await kubectl.run('create', 'role', 'reader', '--verb=get,list', '--resource=configmaps')
    await kubectl.run('create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`)
    const user = `--as=system:serviceaccount:${namespace}:reader`
    assert.equal(await kubectl.run('auth', 'can-i', 'list', 'configmaps', user), 'yes')
    assert.equal((await kubectl.attempt(['auth', 'can-i', 'create', 'configmaps', user])).stdout, 'no\n')
    assert.match(await kubectl.run('auth', 'can-i', '--list', user), /^configmaps +\[\] +\[\] +\[get list\]$/m)
    const token = await kubectl.run('create', 'token', 'reader')
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
    assert.equal(claims.sub, `system:serviceaccount:${namespace}:reader`)
  })

  test(`${through}: dry runs answer what would be stored and store nothing`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const options = { input: JSON.stringify(settings({ a: '1' })) }
    assert.equal(
      await kubectl.runWith(options, 'apply', '--dry-run=server', '-f', '-'),
      'configmap/settings created (server dry run)',
    )
    assert.match(await kubectl.refusal(['get', 'configmap', 'settings']), /not found/)
  })

  test(`${through}: --watch shows what happens`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await kubectl.create(settings({ a: '1' }))
    const watching = kubectl.attempt([
      'get',
      'configmaps',
      '-l',
      'app=web',
      '-w',
      '--output-watch-events',
      '-o',
      'name',
      '--request-timeout=3s',
    ])
    await kubectl.run('wait', '--for=jsonpath={.data.a}=1', 'configmap/settings')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await kubectl.run('delete', 'configmap', 'settings')
    assert.match((await watching).stdout, /settings/)
  })
}

test('the administrator is who the certificate says', async () => {
  const kubectl = cluster.kubectl.as(kubectlVersions().at(-1))
  assert.match(await kubectl.run('auth', 'whoami'), /Groups +\[system:masters system:authenticated\]/)
})

const refusals: [what: string, args: string[], input: string | undefined, says: RegExp][] = [
  ['an unknown field', ['create', '-f', '-'], manifestWith('"dtaa":{}'), /strict decoding error: unknown field "dtaa"/],
  [
    'a wrong type',
    ['create', '-f', '-', '--validate=false'],
    manifestWith('"data":{"a":1}'),
    /cannot unmarshal number into Go/,
  ],
  ['a bad name', ['create', 'configmap', 'Bad_Name'], undefined, /a lowercase RFC 1123 subdomain must consist of/],
  ['an unknown resource', ['get', 'unicorns'], undefined, /the server doesn't have a resource type "unicorns"/],
  ['a missing object', ['get', 'pod', 'nowhere'], undefined, /pods "nowhere" not found/],
  ['a missing namespace', ['create', 'configmap', 'a', '-n', 'nowhere'], undefined, /namespaces "nowhere" not found/],
  [
    'a bad label selector',
    ['get', 'pods', '-l', 'a in (b'],
    undefined,
    /unable to parse requirement|found '', expected/,
  ],
  [
    'a bad field selector',
    ['get', 'pods', '--field-selector', 'spec.nothing=1'],
    undefined,
    /field label not supported: spec.nothing/,
  ],
  [
    'an immutable field',
    ['patch', 'namespace', 'default', '-p', '{"metadata":{"uid":"x"}}'],
    undefined,
    /field is immutable|Precondition failed/,
  ],
]

for (const [what, args, input, says] of refusals) {
  test(`${what} is refused in upstream's words`, async () => {
    assert.match(await cluster.kubectl.refusal(args, input === undefined ? {} : { input }), says)
  })
}

function manifestWith(field: string): string {
  return `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd"},${field}}`
}

async function namespaceOf(kubectl: typeof cluster.kubectl): Promise<string> {
  return kubectl.run('get', 'serviceaccount', 'default', '-o', 'jsonpath={.metadata.namespace}')
}

/** A command for EDITOR that changes the file as sed would. */
function editorThat(script: string): string {
  const file = join(cluster.directory, 'editor')
  writeFileSync(file, `#!/bin/sh\nexec sed -i '${script}' "$1"\n`)
  chmodSync(file, 0o755)
  return file
}
