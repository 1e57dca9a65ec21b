import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { clusterOfThisFile } from './harness/cluster.ts'
import { cgroupLimits, processOf } from './harness/container-process.ts'
import { eventually } from './harness/eventually.ts'
import { configMap, container, FOREVER, pod, secret, shell } from './harness/manifests.ts'
import { events, inside, isReady, mainOf, printed, sees, statusOf } from './harness/pods.ts'

// What a pod may ask for, on real containers.

const cluster = await clusterOfThisFile({ node: true })

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
