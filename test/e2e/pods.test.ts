import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Pod } from '../../src/api/types/core.v1.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { cgroupLimits, processOf } from './harness/container-process.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import { configMap, container, FOREVER, pod, secret, service, shell, WEB_SERVER } from './harness/manifests.ts'

// What a pod may ask for, on real containers.

const cluster = await clusterOfThisFile({ node: true })

const isReady = (kubectl: Kubectl, name: string) =>
  kubectl.run('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s')

const isDone = (kubectl: Kubectl, name: string) =>
  kubectl.run('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=30s')

const inside = (kubectl: Kubectl, name: string, script: string) => kubectl.run('exec', name, '--', 'sh', '-c', script)

/** Runs a script in a pod of its own to its end and answers what it printed. */
async function printed(kubectl: Kubectl, script: string, main: object = {}, spec: object = {}): Promise<string> {
  const name = 'prints'
  await kubectl.apply(
    pod(name, { container: { ...shell(script), ...main }, spec: { restartPolicy: 'Never', ...spec } }),
  )
  await isDone(kubectl, name)
  return kubectl.run('logs', name)
}

const statusOf = async (kubectl: Kubectl, name: string) => (await kubectl.get<Pod>('pod', name)).status
const mainOf = async (kubectl: Kubectl, name: string) => (await statusOf(kubectl, name)).containerStatuses?.[0]

/** The texts of an object's events of one reason. */
async function events(kubectl: Kubectl, name: string, reason: string): Promise<string> {
  const selector = `--field-selector=involvedObject.name=${name},reason=${reason}`
  return kubectl.run('get', 'events', selector, '-o', 'jsonpath={range .items[*]}{.type}: {.message}{"\\n"}{end}')
}

const sees = (observe: () => Promise<string>, pattern: RegExp, withinMs = 30_000) =>
  eventually(async () => assert.match(await observe(), pattern), { withinMs })

describe('containers of a pod', { concurrency: 4 }, () => {
  test('init containers run one after the other before the rest', async (context) => {
    const kubectl = await cluster.namespace(context)
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }]
    const step = (name: string) => container({ name, ...shell(`echo ${name} >> /shared/steps`), volumeMounts })
    const spec = { initContainers: [step('first'), step('second')], volumes: [{ name: 'shared', emptyDir: {} }] }
    assert.equal(await printed(kubectl, 'cat /shared/steps', { volumeMounts }, spec), 'first\nsecond')
  })

  test('a failing init container keeps the pod in Init and is tried again', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('stuck', { spec: { initContainers: [container({ name: 'first', ...shell('exit 3') })] } }))
    await sees(() => kubectl.run('get', 'pod', 'stuck'), /Init:(Error|CrashLoopBackOff) +[1-9]/)
    assert.equal((await statusOf(kubectl, 'stuck')).phase, 'Pending')
  })

  test('a sidecar starts before the main container and ends after it', async (context) => {
    const kubectl = await cluster.namespace(context)
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }]
    const proxy = container({
      name: 'proxy',
      restartPolicy: 'Always',
      ...shell(`touch /shared/proxy; ${FOREVER}`),
      startupProbe: { exec: { command: ['test', '-e', '/shared/proxy'] }, periodSeconds: 1 },
      volumeMounts,
    })
    const spec = { initContainers: [proxy], volumes: [{ name: 'shared', emptyDir: {} }] }
    assert.equal(await printed(kubectl, 'ls /shared', { volumeMounts }, spec), 'proxy')
    const { initContainerStatuses } = await eventually(async () => {
      const status = await statusOf(kubectl, 'prints')
      assert.ok(status.initContainerStatuses?.[0]?.state?.terminated)
      return status
    })
    assert.equal(initContainerStatuses?.[0]?.state?.terminated?.exitCode, 0)
  })

  test('hooks run after the start and before the end', async (context) => {
    const kubectl = await cluster.namespace(context)
    const lifecycle = {
      postStart: { exec: { command: ['sh', '-c', 'echo started > /proc/1/fd/1'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo stopping > /proc/1/fd/1; sleep 1'] } },
    }
    await kubectl.apply(pod('hooked', { container: { lifecycle } }))
    await isReady(kubectl, 'hooked')
    assert.equal(await kubectl.run('logs', 'hooked'), 'started')
    const following = kubectl.run('logs', '-f', 'hooked')
    await kubectl.run('delete', 'pod', 'hooked', '--timeout=20s')
    assert.equal(await following, 'started\nstopping')
  })

  test('the termination message is the file, or the end of the log', async (context) => {
    const kubectl = await cluster.namespace(context)
    const failing = (message: string) => ({
      container: { ...shell(message), terminationMessagePolicy: 'FallbackToLogsOnError' },
      spec: { restartPolicy: 'Never' },
    })
    await kubectl.apply(
      pod('file', failing('echo from the file > /dev/termination-log; exit 4')),
      pod('log', failing('echo from the log; exit 5')),
    )
    const terminated = async (name: string) => {
      const state = await eventually(async () => {
        const found = (await mainOf(kubectl, name))?.state?.terminated
        assert.ok(found)
        return found
      })
      return [state.exitCode, state.reason, state.message]
    }
    assert.deepEqual(await terminated('file'), [4, 'Error', 'from the file\n'])
    assert.deepEqual(await terminated('log'), [5, 'Error', 'from the log\n'])
    assert.equal((await statusOf(kubectl, 'file')).phase, 'Failed')
  })

  test('deletion asks first and kills after the grace period', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(
      pod('polite', { spec: { terminationGracePeriodSeconds: 30 } }),
      pod('deaf', {
        container: shell('trap "" TERM; while true; do sleep 1; done'),
        spec: { terminationGracePeriodSeconds: 2 },
      }),
    )
    await isReady(kubectl, 'polite')
    await isReady(kubectl, 'deaf')
    const timed = async (...args: string[]) => {
      const started = performance.now()
      await kubectl.run('delete', 'pod', ...args)
      return performance.now() - started
    }
    assert.ok((await timed('polite')) < 5000, 'a container that ends is not waited for')
    const took = await timed('deaf')
    assert.ok(took > 1900 && took < 8000, `grace of 2 s took ${took.toFixed(0)} ms`)
  })
})

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

describe('environment and volumes', { concurrency: 4 }, () => {
  test('environment comes from values, ConfigMaps, Secrets, fields and resources', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(configMap('settings', { COLOR: 'blue' }), secret('passwords', { DB: 'geheim' }))
    const env = [
      { name: 'GREETING', value: 'hello $(NAME)' },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'AGAIN', value: 'again $(NAME)' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'passwords', key: 'DB' } } },
      { name: 'CHOSEN', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOR' } } },
      { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
    ]
    const envFrom = [{ configMapRef: { name: 'settings' } }, { prefix: 'MY_', secretRef: { name: 'passwords' } }]
    const resources = { limits: { memory: '64Mi' } }
    const script = 'echo "$GREETING|$AGAIN|$KEY|$CHOSEN|$ABSENT|$MEMORY|$COLOR|$MY_DB|$KUBERNETES_SERVICE_PORT"'
    assert.equal(
      await printed(kubectl, script, { env, envFrom, resources }),
      'hello $(NAME)|again prints|geheim|blue||64|blue|geheim|443',
    )
  })

  test('ConfigMap, Secret, downward API and projected volumes follow their sources', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(configMap('settings', { color: 'blue' }), secret('passwords', { db: 'geheim' }))
    const fields = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }]
    const volumes = [
      { name: 'c', configMap: { name: 'settings' } },
      { name: 's', secret: { secretName: 'passwords', defaultMode: 0o400 } },
      { name: 'd', downwardAPI: { items: fields } },
      {
        name: 'p',
        projected: {
          sources: [
            { configMap: { name: 'settings' } },
            { secret: { name: 'passwords' } },
            { downwardAPI: { items: fields } },
          ],
        },
      },
    ]
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }))
    await kubectl.apply(pod('reader', { container: { volumeMounts }, spec: { volumes } }))
    await isReady(kubectl, 'reader')
    const read = () =>
      inside(kubectl, 'reader', 'cat /c/color /s/db /d/labels /p/color /p/db /p/labels; stat -Lc %a /s/db')
    assert.equal(await read(), 'bluegeheimapp="reader"bluegeheimapp="reader"400')
    await kubectl.apply(configMap('settings', { color: 'green' }), secret('passwords', { db: 'neu' }))
    await kubectl.run('label', 'pod', 'reader', 'app=writer', '--overwrite')
    await sees(read, /^greenneuapp="writer"greenneuapp="writer"400$/, 90_000)
  })

  test('emptyDir on disk and in memory, hostPath, subPath and read-only mounts', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(configMap('settings', { color: 'blue' }))
    const volumes = [
      { name: 'disk', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
      { name: 'host', hostPath: { path: '/etc/hostname', type: 'File' } },
      { name: 'settings', configMap: { name: 'settings' } },
    ]
    const volumeMounts = [
      { name: 'disk', mountPath: '/disk' },
      { name: 'memory', mountPath: '/memory' },
      { name: 'host', mountPath: '/host-name', readOnly: true },
      { name: 'settings', mountPath: '/etc/color', subPath: 'color' },
    ]
    const script = `echo x > /disk/a && echo y > /memory/b && cat /disk/a /memory/b /host-name /etc/color; echo
      grep ' /memory ' /proc/mounts | cut -d' ' -f3; (echo no > /host-name) 2>&1 || true`
    const lines = (await printed(kubectl, script, { volumeMounts }, { volumes })).split('\n')
    assert.deepEqual(lines.slice(0, 5), ['x', 'y', readFileSync('/etc/hostname', 'utf8').trim(), 'blue', 'tmpfs'])
    assert.match(lines.at(-1) ?? '', /Read-only file system/)
  })

  test('the mounted token, CA and namespace open the API from inside', async (context) => {
    const kubectl = await cluster.namespace(context)
    const script = `cd /var/run/secrets/kubernetes.io/serviceaccount; cat namespace; echo
      curl -sS --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/pods`
    const lines = (await printed(kubectl, script)).split('\n')
    assert.equal(lines[0], await kubectl.valueOf('pod/prints', '.metadata.namespace'))
    assert.match(
      lines.join('\n'),
      /pods is forbidden: User \\"system:serviceaccount:e2e-\w+:default\\" cannot list resource/,
    )
  })
})

describe('security and resources', { concurrency: 4 }, () => {
  test('runAsUser, runAsGroup, fsGroup, capabilities and a read-only root', async (context) => {
    const kubectl = await cluster.namespace(context)
    const securityContext = {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    }
    const spec = {
      securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 },
      volumes: [{ name: 'data', emptyDir: {} }],
    }
    const volumeMounts = [{ name: 'data', mountPath: '/data' }]
    const script = `id -u; id -g; id -G; stat -c %g /data; touch /data/mine && stat -c %u:%g /data/mine
      touch /tmp/x 2>&1; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status`
    const text = await printed(kubectl, script, { securityContext, volumeMounts }, spec)
    assert.match(
      text,
      /^1000\n3000\n3000 2000\n2000\n1000:2000\n.*Read-only file system\nCapEff:\s0{16}\nNoNewPrivs:\s1$/,
    )
  })

  test('runAsNonRoot refuses root', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('root', { container: { securityContext: { runAsNonRoot: true } } }))
    await sees(() => kubectl.run('get', 'pod', 'root'), /CreateContainerConfigError/)
    await sees(() => events(kubectl, 'root', 'Failed'), /container has runAsNonRoot and image will run as root/)
  })

  test('hostname, subdomain, host aliases and host network', async (context) => {
    const kubectl = await cluster.namespace(context)
    const spec = { hostname: 'alpha', subdomain: 'letters', hostAliases: [{ ip: '192.0.2.1', hostnames: ['beta'] }] }
    const text = await printed(kubectl, 'hostname; cat /etc/hosts', {}, spec)
    assert.match(text, /^alpha\n/)
    assert.match(text, /^192\.0\.2\.1\tbeta$/m)
    assert.match(text, /\talpha\.letters\.e2e-\w+\.svc\.cluster\.local\talpha$/m)
  })

  test("requests and limits are in the container's cgroup, and its QoS class in its status", async (context) => {
    const kubectl = await cluster.namespace(context)
    const limits = { cpu: '250m', memory: '64Mi' }
    await kubectl.apply(
      pod('guaranteed', { container: { resources: { limits } } }),
      pod('burstable', { container: { resources: { requests: { cpu: '100m' } } } }),
      pod('best-effort'),
    )
    for (const [name, qos] of Object.entries({
      guaranteed: 'Guaranteed',
      burstable: 'Burstable',
      'best-effort': 'BestEffort',
    })) {
      await isReady(kubectl, name)
      assert.equal(await kubectl.valueOf(`pod/${name}`, '.status.qosClass'), qos)
    }
    const id = await kubectl.valueOf('pod/guaranteed', '.status.containerStatuses[0].containerID')
    assert.deepEqual(cgroupLimits(processOf(cluster.runtimeDir, id)), { memoryBytes: 64 << 20, cores: 0.25 })
  })

  test('a container that takes more memory than its limit is killed: OOMKilled', async (context) => {
    const kubectl = await cluster.namespace(context)
    const resources = { limits: { memory: '16Mi' } }
    const hungry = shell('a=x; while true; do a="$a$a"; done')
    await kubectl.apply(pod('hungry', { container: { ...hungry, resources }, spec: { restartPolicy: 'Never' } }))
    await eventually(async () =>
      assert.equal((await mainOf(kubectl, 'hungry'))?.state?.terminated?.reason, 'OOMKilled'),
    )
    assert.equal((await mainOf(kubectl, 'hungry'))?.state?.terminated?.exitCode, 137)
  })
})
