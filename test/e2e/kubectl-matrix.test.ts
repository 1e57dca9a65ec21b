import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clusterOfThisFile } from './harness/cluster.ts'
import { everyKubectl, type Kubectl, type Manifest } from './harness/kubectl.ts'

// What people do with kubectl, through every version of it that this machine has, on a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })

const LISTED = 12

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

const numbered = (index: number): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `item-${String(index).padStart(2, '0')}`, labels: { set: 'numbered' } },
  data: { index: String(index) },
})

interface Use {
  readonly what: string
  run(kubectl: Kubectl): Promise<void>
}

const USES: readonly Use[] = [
  {
    what: 'prints objects in every form',
    async run(kubectl) {
      await kubectl.apply(web)
      const get = (...form: string[]) => kubectl.run('get', 'deployment', 'web', ...form)
      assert.match(await get(), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/2/)
      assert.match(await get('-o', 'wide'), /CONTAINERS +IMAGES +SELECTOR\nweb .*main +test\.local\/web:1 +app=web$/)
      assert.match(await get('-o', 'yaml'), /^apiVersion: apps\/v1\nkind: Deployment\n/)
      assert.equal(await get('-o', 'name'), 'deployment.apps/web')
      assert.equal(await get('-o', 'jsonpath={.spec.template.spec.containers[*].image}'), 'test.local/web:1')
      assert.equal(await get('-o', 'go-template={{.metadata.name}} {{.spec.replicas}}'), 'web 2')
      const columns = 'custom-columns=NAME:.metadata.name,IMAGES:.spec.template.spec.containers[*].image'
      assert.equal((await get('-o', columns)).replace(/ +/g, ' '), 'NAME IMAGES\nweb test.local/web:1')
    },
  },
  {
    what: 'lists in chunks what it lists whole',
    async run(kubectl) {
      await kubectl.create(...Array.from({ length: LISTED }, (_, index) => numbered(index)))
      const list = (size: number) =>
        kubectl.run('get', 'configmaps', '-l', 'set=numbered', `--chunk-size=${size}`, '-o', 'name')
      const whole = await list(0)
      assert.equal(whole.split('\n').length, LISTED)
      assert.equal(await list(5), whole)
    },
  },
  {
    what: 'watches',
    async run(kubectl) {
      const watching = kubectl.attempt([
        ...['get', 'configmaps', '-l', 'set=numbered', '--watch', '--output-watch-events'],
        ...['-o', 'custom-columns=T:.type,N:.object.metadata.name', '--request-timeout=3s'],
      ])
      await kubectl.create(numbered(1))
      await kubectl.run('label', 'configmap', 'item-01', 'seen=yes')
      await kubectl.run('delete', 'configmap', 'item-01')
      const { stdout } = await watching
      assert.match(stdout.replace(/ +/g, ' '), /ADDED item-01\n(MODIFIED item-01\n)?DELETED item-01/)
    },
  },
  {
    what: 'applies from its own side, sees what is unchanged, and shows differences',
    async run(kubectl) {
      assert.equal(await kubectl.apply(web), 'deployment.apps/web created')
      assert.equal(await kubectl.apply(web), 'deployment.apps/web unchanged')
      const more = JSON.stringify({ ...web, spec: { ...(web.spec as object), replicas: 3 } })
      const difference = await kubectl.attempt(['diff', '-f', '-'], { input: more })
      assert.deepEqual([difference.status, /^\+ {2}replicas: 3$/m.test(difference.stdout)], [1, true])
    },
  },
  {
    what: 'applies on the server, is told of conflicts, takes fields over, and shows differences',
    async run(kubectl) {
      const apply = ['apply', '--server-side', '-f', '-']
      const input = JSON.stringify(web)
      assert.equal(await kubectl.runWith({ input }, ...apply), 'deployment.apps/web serverside-applied')
      const scale = ['patch', 'deployment', 'web', '--field-manager=other', '-p', '{"spec":{"replicas":5}}']
      await kubectl.run(...scale)
      const refused = await kubectl.refusal(apply, { input })
      assert.match(refused, /Apply failed with 1 conflict: conflict with "other" using apps\/v1: \.spec\.replicas/)
      const difference = await kubectl.attempt(['diff', '--server-side', '--force-conflicts', '-f', '-'], { input })
      assert.deepEqual([difference.status, /^\+ {2}replicas: 2$/m.test(difference.stdout)], [1, true])
      await kubectl.runWith({ input }, ...apply, '--force-conflicts')
      const managers = await kubectl.run(
        ...['get', 'deployment', 'web', '--show-managed-fields'],
        ...['-o', 'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation}{"\\n"}{end}'],
      )
      assert.match(managers, /^kubectl Apply$/m)
    },
  },
  {
    what: 'applies a directory with kustomize',
    async run(kubectl) {
      const directory = join(cluster.directory, `kustomize-${kubectl.namespace}`)
      mkdirSync(directory)
      writeFileSync(join(directory, 'web.json'), JSON.stringify(web))
      const kustomization = {
        resources: ['web.json'],
        namePrefix: 'test-',
        images: [{ name: 'test.local/web', newTag: '2' }],
        configMapGenerator: [{ name: 'settings', literals: ['a=1'] }],
      }
      writeFileSync(join(directory, 'kustomization.yaml'), JSON.stringify(kustomization))
      const said = await kubectl.run('apply', '-k', directory)
      assert.match(said, /^configmap\/test-settings-\w+ created\ndeployment\.apps\/test-web created$/)
      const image = await kubectl.valueOf('deployment/test-web', '.spec.template.spec.containers[0].image')
      assert.equal(image, 'test.local/web:2')
    },
  },
  {
    what: 'knows the kinds, explains them with all fields, and reads raw paths',
    async run(kubectl) {
      const kinds = await kubectl.run('api-resources', '--verbs=list', '--namespaced', '-o', 'wide')
      assert.match(kinds, /^deployments +deploy +apps\/v1 +true +Deployment +create,delete,.*all$/m)
      assert.match(
        await kubectl.run('explain', 'deployments', '--recursive'),
        /terminationGracePeriodSeconds\s+<integer>/,
      )
      assert.match(await kubectl.run('explain', 'cronjob.spec.concurrencyPolicy'), /concurrencyPolicy +<string>/)
      const raw = JSON.parse(
        await kubectl.run('get', '--raw', `/apis/apps/v1/namespaces/${kubectl.namespace}/deployments`),
      )
      assert.equal(raw.kind, 'DeploymentList')
      assert.equal(await kubectl.run('get', '--raw', '/readyz'), 'ok')
    },
  },
  {
    what: 'refuses unknown fields by the schema and by the server',
    async run(kubectl) {
      const input = JSON.stringify({ ...web, spec: { ...(web.spec as object), replica: 3 } })
      for (const validate of ['--validate=strict', '--validate=true']) {
        assert.match(await kubectl.refusal(['create', validate, '-f', '-'], { input }), /unknown field "spec\.replica"/)
      }
      await kubectl.runWith({ input }, 'create', '--validate=ignore', '-f', '-')
    },
  },
  {
    what: 'describes, rolls out and undoes',
    async run(kubectl) {
      await kubectl.apply(web)
      await kubectl.run('set', 'image', 'deployment/web', 'main=test.local/web:2')
      await kubectl.run('wait', '--for=jsonpath={.status.observedGeneration}=2', 'deployment/web', '--timeout=10s')
      assert.match(await kubectl.run('describe', 'deployment', 'web'), /Image: +test\.local\/web:2/)
      assert.match(await kubectl.run('rollout', 'undo', 'deployment/web'), /rolled back/)
      const image = await kubectl.valueOf('deployment/web', '.spec.template.spec.containers[0].image')
      assert.equal(image, 'test.local/web:1')
    },
  },
]

for (const version of everyKubectl()) {
  for (const { what, run } of USES) {
    test(`kubectl ${version ?? ''} ${what}`, async (context) => run((await cluster.namespace(context)).as(version)))
  }
}
