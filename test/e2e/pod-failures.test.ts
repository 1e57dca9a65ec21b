import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import { configMap, FOREVER, pod, service, shell, WEB_SERVER } from './harness/manifests.ts'
import { events, inside, isReady, mainOf, sees, statusOf } from './harness/pods.ts'

// Pods that cannot run, or not well: what one is told of them.

const cluster = await clusterOfThisFile({ node: true })

describe('pods that cannot run', { concurrency: 4 }, () => {
  test('a missing image: ErrImagePull, then ImagePullBackOff', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('lost', { container: { image: 'registry.invalid/lost:1' } }))
    await sees(() => kubectl.run('get', 'pod', 'lost'), /ErrImagePull|ImagePullBackOff/)
    await sees(() => kubectl.run('get', 'pod', 'lost'), /0\/1 +ImagePullBackOff/, 60_000)
    assert.match(
      await events(kubectl, 'lost', 'Failed'),
      /^Warning: Failed to pull image "registry\.invalid\/lost:1": /m,
    )
    assert.match(await events(kubectl, 'lost', 'Failed'), /^Warning: Error: ErrImagePull$/m)
    assert.match(
      await events(kubectl, 'lost', 'BackOff'),
      /^Normal: Back-off pulling image "registry\.invalid\/lost:1"/m,
    )
  })

  test('an image that may not be pulled and is not there: ErrImageNeverPull', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('absent', { container: { image: 'registry.invalid/absent:1', imagePullPolicy: 'Never' } }))
    await sees(() => kubectl.run('get', 'pod', 'absent'), /ErrImageNeverPull/)
    await sees(
      () => events(kubectl, 'absent', 'ErrImageNeverPull'),
      /Container image "registry\.invalid\/absent:1" is not present with pull policy of Never/,
    )
  })

  test('a malformed image name: InvalidImageName', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('malformed', { container: { image: 'test.local/UPPER:1' } }))
    await sees(() => kubectl.run('get', 'pod', 'malformed'), /InvalidImageName/)
    assert.match(
      await events(kubectl, 'malformed', 'InspectFailed'),
      /^Warning: Failed to apply default image tag "test\.local\/UPPER:1": /,
    )
  })

  test('a crash loop: CrashLoopBackOff with the last exit kept', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('crashing', { container: shell('exit 9') }))
    await sees(() => kubectl.run('get', 'pod', 'crashing'), /0\/1 +CrashLoopBackOff +[1-9]/)
    const status = await mainOf(kubectl, 'crashing')
    assert.equal(status?.lastState?.terminated?.exitCode, 9)
    assert.match(status?.state?.waiting?.message ?? '', /^back-off \d+s restarting failed container=main pod=crashing_/)
    assert.match(
      await events(kubectl, 'crashing', 'BackOff'),
      /^Warning: Back-off restarting failed container main in pod crashing_/m,
    )
  })

  test("a program that is not there: the runtime's own words", async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('nothing', { container: { command: ['/no/such/program'] } }))
    await sees(() => kubectl.run('get', 'pod', 'nothing'), /RunContainerError|CrashLoopBackOff/)
    await sees(() => events(kubectl, 'nothing', 'Failed'), /Error: .*"\/no\/such\/program".*no such file or directory/)
  })

  test('a missing ConfigMap: CreateContainerConfigError, until it is there', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('waiting', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }))
    await sees(() => kubectl.run('get', 'pod', 'waiting'), /CreateContainerConfigError/)
    await sees(() => events(kubectl, 'waiting', 'Failed'), /Error: configmap "settings" not found/)
    await kubectl.apply(configMap('settings', { A: '1' }))
    await isReady(kubectl, 'waiting')
  })

  test('a volume that cannot be mounted: an event that says why', async (context) => {
    const kubectl = await cluster.namespace(context)
    const volumes = [{ name: 'settings', configMap: { name: 'nowhere' } }]
    const volumeMounts = [{ name: 'settings', mountPath: '/settings' }]
    await kubectl.apply(pod('unmounted', { container: { volumeMounts }, spec: { volumes } }))
    await sees(
      () => events(kubectl, 'unmounted', 'FailedMount'),
      /MountVolume\.SetUp failed for volume "settings" : configmap "nowhere" not found/,
    )
    assert.match(await kubectl.run('get', 'pod', 'unmounted'), /ContainerCreating/)
  })

  test('a host path of the wrong type: an event that says which', async (context) => {
    const kubectl = await cluster.namespace(context)
    const volumes = [{ name: 'host', hostPath: { path: '/etc/hostname', type: 'Directory' } }]
    const volumeMounts = [{ name: 'host', mountPath: '/host' }]
    await kubectl.apply(pod('mistaken', { container: { volumeMounts }, spec: { volumes } }))
    await sees(
      () => events(kubectl, 'mistaken', 'FailedMount'),
      /hostPath type check failed: \/etc\/hostname is not a directory/,
    )
  })

  test('a pod that fits on no node: its condition and event say why', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(
      pod('greedy', { container: { resources: { requests: { cpu: '1000' } } } }),
      pod('picky', { spec: { nodeSelector: { disk: 'gold' } } }),
    )
    await sees(
      () => events(kubectl, 'greedy', 'FailedScheduling'),
      /^Warning: 0\/1 nodes are available: 1 Insufficient cpu\./,
    )
    await sees(
      () => events(kubectl, 'picky', 'FailedScheduling'),
      /0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./,
    )
    const condition = (await statusOf(kubectl, 'greedy')).conditions?.find(({ type }) => type === 'PodScheduled')
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'Unschedulable'])
    assert.match(condition?.message ?? '', /1 Insufficient cpu/)
    await cluster.kubectl.run('label', 'nodes', '--all', 'disk=gold')
    await isReady(kubectl, 'picky')
    await cluster.kubectl.run('label', 'nodes', '--all', 'disk-')
  })
})

describe('probes', { concurrency: 4 }, () => {
  test('a failing readiness probe takes the pod out of its Service, a passing one puts it back', async (context) => {
    const kubectl = await cluster.namespace(context)
    const readinessProbe = { httpGet: { path: '/index.html', port: 80 }, periodSeconds: 1, failureThreshold: 1 }
    await kubectl.apply(pod('web', { container: { ...shell(WEB_SERVER), readinessProbe } }), service('web'))
    await isReady(kubectl, 'web')
    const readiness = () =>
      kubectl.run('get', 'endpointslices', '-o', 'jsonpath={.items[*].endpoints[*].conditions.ready}')
    await sees(readiness, /^true$/)
    await inside(kubectl, 'web', 'mv /www/index.html /www/away')
    await sees(readiness, /^false$/)
    assert.match(await kubectl.run('get', 'pod', 'web'), /0\/1 +Running/)
    assert.equal(await kubectl.valueOf('endpoints/web', '.subsets[*].addresses'), '')
    await sees(
      () => events(kubectl, 'web', 'Unhealthy'),
      /Readiness probe failed: HTTP probe failed with statuscode: 404/,
    )
    await inside(kubectl, 'web', 'mv /www/away /www/index.html')
    await sees(readiness, /^true$/)
  })

  test('a failing liveness probe restarts the container', async (context) => {
    const kubectl = await cluster.namespace(context)
    const livenessProbe = {
      exec: { command: ['test', '-e', '/tmp/alive'] },
      periodSeconds: 1,
      failureThreshold: 1,
      initialDelaySeconds: 1,
    }
    await kubectl.apply(pod('mortal', { container: { ...shell(`touch /tmp/alive; ${FOREVER}`), livenessProbe } }))
    await isReady(kubectl, 'mortal')
    await inside(kubectl, 'mortal', 'rm /tmp/alive')
    await eventually(async () => assert.equal((await mainOf(kubectl, 'mortal'))?.restartCount, 1))
    await sees(() => events(kubectl, 'mortal', 'Killing'), /Container main failed liveness probe, will be restarted/)
    await isReady(kubectl, 'mortal')
  })

  test('a startup probe holds the others back', async (context) => {
    const kubectl = await cluster.namespace(context)
    const probes = {
      startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 30 },
      livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 },
    }
    await kubectl.apply(pod('slow', { container: { ...shell(`sleep 3; ${WEB_SERVER}`), ...probes } }))
    await isReady(kubectl, 'slow')
    assert.equal((await mainOf(kubectl, 'slow'))?.restartCount, 0)
  })
})
