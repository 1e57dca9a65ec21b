import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Job } from '../../src/api/types/batch.v1.ts'
import type { Pod } from '../../src/api/types/core.v1.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import { configMap, pod, service, shell, template, WEB_SERVER, workload } from './harness/manifests.ts'

// What makes pods from templates, on real containers.

const cluster = await clusterOfThisFile({ node: true })

const web = (version: string, spec: object = {}) => {
  const env = [{ name: 'VERSION', value: version }]
  return workload('Deployment', 'web', { container: { ...shell(WEB_SERVER), env } }, { replicas: 2, ...spec })
}

const rolledOut = (kubectl: Kubectl, name: string) => kubectl.run('rollout', 'status', name, '--timeout=60s')

const podNames = async (kubectl: Kubectl, app: string): Promise<string[]> =>
  (await kubectl.run('get', 'pods', '-l', `app=${app}`, '-o', 'name')).split('\n').filter((name) => name !== '')

const versions = async (kubectl: Kubectl) => {
  const path = '{range .items[*]}{.spec.containers[0].env[0].value}{"\\n"}{end}'
  return [...new Set((await kubectl.run('get', 'pods', '-l', 'app=web', '-o', `jsonpath=${path}`)).trim().split('\n'))]
}

describe('deployments', { concurrency: 3 }, () => {
  test('roll out, undo, restart and keep a history', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(web('1'))
    assert.match(await rolledOut(kubectl, 'deployment/web'), /successfully rolled out$/)
    await kubectl.apply(web('2'))
    await rolledOut(kubectl, 'deployment/web')
    await eventually(async () => assert.deepEqual(await versions(kubectl), ['2']))
    const history = await kubectl.run('rollout', 'history', 'deployment/web')
    assert.match(history, /^1 +<none>\n2 +<none>$/m)

    assert.equal(await kubectl.run('rollout', 'undo', 'deployment/web'), 'deployment.apps/web rolled back')
    await rolledOut(kubectl, 'deployment/web')
    await eventually(async () => assert.deepEqual(await versions(kubectl), ['1']))

    const before = await podNames(kubectl, 'web')
    assert.equal(await kubectl.run('rollout', 'restart', 'deployment/web'), 'deployment.apps/web restarted')
    await rolledOut(kubectl, 'deployment/web')
    await eventually(async () => {
      const now = await podNames(kubectl, 'web')
      assert.deepEqual([now.length, now.filter((name) => before.includes(name))], [2, []])
    })
  })

  test('scale up and down, pause and resume', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(web('1'))
    await kubectl.run('scale', 'deployment/web', '--replicas=4')
    await rolledOut(kubectl, 'deployment/web')
    assert.equal((await podNames(kubectl, 'web')).length, 4)
    await kubectl.run('rollout', 'pause', 'deployment/web')
    await kubectl.run('set', 'env', 'deployment/web', 'VERSION=2')
    await kubectl.run('scale', 'deployment/web', '--replicas=1')
    await eventually(async () => assert.equal((await podNames(kubectl, 'web')).length, 1))
    assert.deepEqual(await versions(kubectl), ['1'])
    await kubectl.run('rollout', 'resume', 'deployment/web')
    await rolledOut(kubectl, 'deployment/web')
    await eventually(async () => assert.deepEqual(await versions(kubectl), ['2']))
  })

  test('a rollout that cannot succeed says so after its deadline and leaves the old pods', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(web('1'))
    await rolledOut(kubectl, 'deployment/web')
    await kubectl.run('patch', 'deployment', 'web', '-p', '{"spec":{"progressDeadlineSeconds":3}}')
    await kubectl.run('set', 'image', 'deployment/web', 'main=registry.invalid/none:1')
    const refusal = await kubectl.refusal(['rollout', 'status', 'deployment/web', '--timeout=30s'])
    assert.match(refusal, /deployment "web" exceeded its progress deadline/)
    assert.equal(await kubectl.valueOf('deployment/web', '.status.availableReplicas'), '2')
  })
})

test('a DaemonSet runs one pod on each node and follows its template', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(workload('DaemonSet', 'agent'))
  assert.match(await rolledOut(kubectl, 'daemonset/agent'), /successfully rolled out/)
  const before = await podNames(kubectl, 'agent')
  assert.equal(before.length, 1)
  await kubectl.run('set', 'env', 'daemonset/agent', 'A=1')
  await rolledOut(kubectl, 'daemonset/agent')
  assert.notDeepEqual(await podNames(kubectl, 'agent'), before)
  await kubectl.run('delete', (await podNames(kubectl, 'agent'))[0] as string)
  await eventually(async () => assert.match(await kubectl.run('get', 'daemonset', 'agent'), /agent +1 +1 +1 +1 +1/))
})

test('a StatefulSet keeps names, order and data', async (context) => {
  const kubectl = await cluster.namespace(context)
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  }
  const main = {
    ...shell(`echo born $(hostname) >> /data/log; ${WEB_SERVER}`),
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }
  const spec = { serviceName: 'db', replicas: 2, volumeClaimTemplates: [claim] }
  await kubectl.apply(service('db', { clusterIP: 'None' }), workload('StatefulSet', 'db', { container: main }, spec))
  await rolledOut(kubectl, 'statefulset/db')
  assert.deepEqual(await podNames(kubectl, 'db'), ['pod/db-0', 'pod/db-1'])
  assert.match(await kubectl.run('get', 'pvc'), /data-db-0 +Bound .*\n?data-db-1 +Bound/)
  const uid = await kubectl.valueOf('pod/db-1', '.metadata.uid')
  await kubectl.run('delete', 'pod', 'db-1')
  await eventually(async () => assert.notEqual(await kubectl.valueOf('pod/db-1', '.metadata.uid'), uid))
  await kubectl.run('wait', '--for=condition=Ready', 'pod/db-1', '--timeout=30s')
  assert.equal(await kubectl.run('exec', 'db-1', '--', 'cat', '/data/log'), 'born db-1\nborn db-1')
  assert.equal(await kubectl.run('exec', 'db-0', '--', 'cat', '/data/log'), 'born db-0')
  await kubectl.run('scale', 'statefulset/db', '--replicas=1')
  await eventually(async () => assert.deepEqual(await podNames(kubectl, 'db'), ['pod/db-0']))
})

describe('jobs', { concurrency: 3 }, () => {
  const job = (name: string, script: string, spec: object = {}) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: template(name, { container: shell(script), spec: { restartPolicy: 'Never' } }), ...spec },
  })
  const conditionOf = async (kubectl: Kubectl, name: string, type: string) =>
    (await kubectl.get<Job>('job', name)).status.conditions?.find((condition) => condition.type === type)

  test('complete with their output in the logs', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(job('sum', 'echo $((1 + 2))', { completions: 3, parallelism: 3 }))
    await kubectl.run('wait', '--for=condition=Complete', 'job/sum', '--timeout=60s')
    assert.match(await kubectl.run('get', 'job', 'sum'), /sum +Complete +3\/3/)
    assert.equal(await kubectl.run('logs', 'job/sum'), '3')
  })

  test('try again as often as they may, then fail with the reason', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(job('hopeless', 'exit 1', { backoffLimit: 1 }))
    const failed = await eventually(
      async () => {
        const condition = await conditionOf(kubectl, 'hopeless', 'Failed')
        assert.ok(condition)
        return condition
      },
      { withinMs: 60_000 },
    )
    assert.deepEqual(
      [failed.reason, failed.message],
      ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
    )
    assert.equal((await podNames(kubectl, 'hopeless')).length, 2)
  })

  test('are made from a CronJob by hand, and by the clock', async (context) => {
    const kubectl = await cluster.namespace(context)
    const { spec } = job('tick', 'echo tick')
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec } },
    }
    await kubectl.apply(cronJob)
    await kubectl.run('create', 'job', 'by-hand', '--from=cronjob/tick')
    await kubectl.run('wait', '--for=condition=Complete', 'job/by-hand', '--timeout=30s')
    assert.equal(await kubectl.run('logs', 'job/by-hand'), 'tick')
    await kubectl.run('patch', 'cronjob', 'tick', '-p', '{"spec":{"schedule":"* * * * *"}}')
    await eventually(async () => assert.match(await kubectl.run('get', 'jobs', '-o', 'name'), /job\.batch\/tick-\d+/), {
      withinMs: 70_000,
      everyMs: 1000,
    })
    assert.match(await kubectl.run('get', 'events'), /cronjob\/tick +Created job tick-\d+/)
  })
})

test('deleting an owner deletes what it made; --cascade=orphan does not', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(web('1'))
  await rolledOut(kubectl, 'deployment/web')
  await kubectl.run('delete', 'deployment', 'web', '--cascade=orphan')
  assert.equal((await podNames(kubectl, 'web')).length, 2)
  await kubectl.run('delete', 'replicaset', '-l', 'app=web')
  await eventually(async () => assert.deepEqual(await podNames(kubectl, 'web'), []))
})

test('deleting a namespace deletes everything in it', async () => {
  const { kubectl } = cluster
  await kubectl.run('create', 'namespace', 'doomed')
  const inside = kubectl.in('doomed')
  await eventually(() => inside.run('get', 'serviceaccount', 'default'))
  await inside.apply(web('1'), service('web'), configMap('settings', { a: '1' }))
  await rolledOut(inside, 'deployment/web')
  await kubectl.run('delete', 'namespace', 'doomed', '--timeout=60s')
  assert.match(await kubectl.refusal(['get', 'namespace', 'doomed']), /not found/)
  assert.equal(await inside.run('get', 'all,configmaps', '-o', 'name'), '')
})

test('thirty pods at once all become Ready, each with an address of its own', async (context) => {
  const kubectl = await cluster.namespace(context)
  const names = Array.from({ length: 30 }, (_, index) => `burst-${index}`)
  const started = performance.now()
  await kubectl.apply(...names.map((name) => pod(name)))
  await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=60s')
  context.diagnostic(`${Math.round(performance.now() - started)} ms`)
  const { items } = await kubectl.get<{ items: Pod[] }>('pods')
  assert.equal(new Set(items.map(({ status }) => status.podIP)).size, 30)
})
