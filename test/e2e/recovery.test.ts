import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ConfigMap, Pod } from '../../src/api/types/core.v1.ts'
import { Api } from './harness/api.ts'
import { assertSucceeded, clusterOfThisFile } from './harness/cluster.ts'
import { outputOf } from './harness/command.ts'
import { processOf, startTimeOf } from './harness/container-process.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import { configMap, pod, service, shell, WEB_SERVER, workload } from './harness/manifests.ts'

// Everything that can die is killed, and comes back.

const cluster = await clusterOfThisFile({ node: true })

/** A running container as it must still be when nothing touched it. */
interface Incarnation {
  readonly id: string
  readonly pid: number
  readonly startTime: string
}

async function incarnation(kubectl: Kubectl, name: string): Promise<Incarnation> {
  const id = await kubectl.valueOf(`pod/${name}`, '.status.containerStatuses[0].containerID')
  const pid = processOf(cluster.runtimeDir, id)
  return { id, pid, startTime: startTimeOf(pid) }
}

const isReady = (kubectl: Kubectl, name: string) =>
  kubectl.run('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s')

async function waitForContainerdOtherThan(pid: number): Promise<void> {
  await eventually(() => assert.notEqual(containerdPid(), pid))
}

function containerdPid(): number {
  return (JSON.parse(readFileSync(`${cluster.dataDir}/containerd/containerd.pid`, 'utf8')) as { pid: number }).pid
}

const pageOf = (kubectl: Kubectl, from: string) =>
  kubectl.run('exec', from, '--', 'curl', '-sS', '-m', '3', 'http://web/')

async function killNavarch(): Promise<void> {
  process.kill((await cluster.status()).pid, 'SIGKILL')
}

test('a killed container is started again in its pod', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(pod('one'))
  await isReady(kubectl, 'one')
  const address = await kubectl.valueOf('pod/one', '.status.podIP')
  process.kill((await incarnation(kubectl, 'one')).pid, 'SIGKILL')
  await eventually(async () =>
    assert.equal(await kubectl.valueOf('pod/one', '.status.containerStatuses[0].restartCount'), '1'),
  )
  await isReady(kubectl, 'one')
  const { status } = await kubectl.get<Pod>('pod', 'one')
  assert.equal(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137)
  assert.equal(status.podIP, address)
})

test('a pod whose sandbox was killed gets a new one', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(pod('one'))
  await isReady(kubectl, 'one')
  const { pid, id } = await incarnation(kubectl, 'one')
  process.kill(pauseBeside(pid), 'SIGKILL')
  await eventually(async () => {
    const now = await kubectl.valueOf('pod/one', '.status.containerStatuses[0].containerID')
    assert.ok(now !== '' && now !== id, `still ${now}`)
  })
  await isReady(kubectl, 'one')
  assert.match(
    await kubectl.run('get', 'events'),
    /SandboxChanged +pod\/one +Pod sandbox changed, it will be killed and re-created\./,
  )
  assert.equal(await kubectl.run('exec', 'one', '--', 'echo', 'here'), 'here')
})

test('containerd is started again; containers do not notice', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(pod('one'))
  await isReady(kubectl, 'one')
  const before = await incarnation(kubectl, 'one')
  const killed = containerdPid()
  process.kill(killed, 'SIGKILL')
  await waitForContainerdOtherThan(killed)
  assert.equal(await eventually(() => kubectl.run('exec', 'one', '--', 'echo', 'here')), 'here')
  await kubectl.apply(pod('two'))
  await isReady(kubectl, 'two')
  assert.deepEqual(await incarnation(kubectl, 'one'), before)
  assert.equal(await kubectl.valueOf('pod/one', '.status.containerStatuses[0].restartCount'), '0')
})

test('Navarch killed and started again adopts what runs without touching it', async (context) => {
  const kubectl = await cluster.namespace(context)
  const volumes = [{ name: 'settings', configMap: { name: 'settings' } }]
  const volumeMounts = [{ name: 'settings', mountPath: '/settings' }]
  await kubectl.apply(
    configMap('settings', { color: 'blue' }),
    pod('reader', { container: { volumeMounts }, spec: { volumes } }),
    workload('Deployment', 'web', { container: shell(WEB_SERVER) }, { replicas: 2 }),
    service('web'),
  )
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  await isReady(kubectl, 'reader')
  const names = (await kubectl.run('get', 'pods', '-o', 'name')).split('\n').map((name) => name.replace('pod/', ''))
  const all = () => Promise.all(names.map((name) => incarnation(kubectl, name)))
  const before = await all()

  await killNavarch()
  assert.match(await kubectl.refusal(['get', 'pods']), /connection.*refused/)
  assertSucceeded(await cluster.up())
  assert.deepEqual(await all(), before)
  await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=30s')
  assert.doesNotMatch(await kubectl.run('get', 'pods', '--no-headers'), /1\/1 +\w+ +[1-9]/)

  // What was adopted is looked after like anything else.
  assert.match(await eventually(() => pageOf(kubectl, 'reader')), /^web-/)
  await kubectl.apply(configMap('settings', { color: 'green' }))
  await eventually(async () =>
    assert.equal(await kubectl.run('exec', 'reader', '--', 'cat', '/settings/color'), 'green'),
  )
  await kubectl.run('scale', 'deployment/web', '--replicas=3')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=30s')
  await kubectl.run('delete', 'pod', 'reader', '--timeout=30s')
})

test('what ended while Navarch was away is noticed when it is back', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(
    pod('restarted'),
    pod('finished', { container: shell('trap "exit 3" TERM; sleep 1000 & wait'), spec: { restartPolicy: 'Never' } }),
  )
  await isReady(kubectl, 'restarted')
  await isReady(kubectl, 'finished')
  const [restarted, finished] = [await incarnation(kubectl, 'restarted'), await incarnation(kubectl, 'finished')]
  await killNavarch()
  process.kill(restarted.pid, 'SIGKILL')
  process.kill(finished.pid, 'SIGTERM')
  assertSucceeded(await cluster.up())
  await eventually(async () =>
    assert.equal(await kubectl.valueOf('pod/restarted', '.status.containerStatuses[0].restartCount'), '1'),
  )
  await eventually(async () => assert.equal(await kubectl.valueOf('pod/finished', '.status.phase'), 'Failed'))
  assert.equal(await kubectl.valueOf('pod/finished', '.status.containerStatuses[0].state.terminated.exitCode'), '3')
})

test('kill -9 during two thousand writes loses none that was acknowledged', async (context) => {
  const kubectl = await cluster.namespace(context)
  const namespace = await kubectl.valueOf('serviceaccount/default', '.metadata.namespace')
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const acknowledged = await writeUntilKilled(path, 2000, 1200)
  assert.ok(acknowledged.size >= 1200 && acknowledged.size < 2000, `${acknowledged.size} were acknowledged`)
  assertSucceeded(await cluster.up())
  const { items } = await kubectl.get<{ items: ConfigMap[] }>('configmaps')
  const stored = new Map(items.map(({ metadata, data }) => [metadata.name, data?.value]))
  const lost = [...acknowledged].filter((name) => stored.get(name) !== name)
  assert.deepEqual(lost, [])
})

/** Writes through 32 connections; kills Navarch after so many acknowledgements. Answers what was acknowledged. */
async function writeUntilKilled(path: string, writes: number, killAfter: number): Promise<Set<string>> {
  using api = new Api(cluster.kubeconfig)
  const { pid } = await cluster.status()
  const acknowledged = new Set<string>()
  const waiting = Array.from({ length: writes }, (_, index) => `write-${index}`)
  const lane = async (): Promise<void> => {
    for (let name = waiting.pop(); name; name = waiting.pop()) {
      const { status } = await api.json('POST', path, { ...configMap(name, { value: name }) })
      assert.equal(status, 201)
      acknowledged.add(name)
      if (acknowledged.size === killAfter) process.kill(pid, 'SIGKILL')
    }
  }
  await Promise.allSettled(Array.from({ length: 32 }, lane)) // each ends with a broken connection
  return acknowledged
}

test('after a reboot `up -d` brings everything back by itself', async (context) => {
  const kubectl = await cluster.namespace(context)
  const volumeMounts = [{ name: 'state', mountPath: '/state' }]
  await kubectl.apply(
    workload('Deployment', 'web', { container: shell(WEB_SERVER) }, { replicas: 2 }),
    service('web'),
    pod('client', { container: { volumeMounts }, spec: { volumes: [{ name: 'state', emptyDir: {} }] } }),
  )
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  await isReady(kubectl, 'client')
  await kubectl.run('exec', 'client', '--', 'touch', '/state/kept')

  await killEverything()
  assertSucceeded(await cluster.up())
  await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=60s')
  await eventually(async () => assert.match(await pageOf(kubectl, 'client'), /^web-/))
  assert.equal(await kubectl.run('exec', 'client', '--', 'ls', '/state'), 'kept')
  assert.match(await kubectl.run('get', 'pods', '--no-headers', '-l', 'app=client'), /1\/1 +Running +1/)
})

/** As a power cut ends processes; network namespaces, interfaces, mounts and cgroups stay as stale as they can be. */
async function killEverything(): Promise<void> {
  const { pid } = await cluster.status()
  const shims = processesNaming(cluster.runtimeDir)
  const children = (await Promise.all(shims.map(childrenOf))).flat()
  for (const victim of [pid, containerdPid(), ...shims, ...children]) killIfThere(victim)
  await eventually(() => assert.deepEqual(processesNaming(cluster.runtimeDir), []))
}

function processesNaming(text: string): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.filter((pid) => pid !== process.pid && commandLine(pid).includes(text))
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await outputOf('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => '')
  return text
    .split('\n')
    .map(Number)
    .filter((child) => child > 0)
}

/** The sandbox's own process: a sibling, below the same shim. */
function pauseBeside(pid: number): number {
  const parentOf = (one: number): string =>
    /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? ''
  const shim = parentOf(pid)
  const children = readFileSync(`/proc/${shim}/task/${shim}/children`, 'utf8').trim().split(' ').map(Number)
  const pause = children.find((child) => commandLine(child).startsWith('/pause'))
  if (!pause) throw new Error(`the shim ${shim} has no sandbox process among ${children.join(', ')}`)
  return pause
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // it ended meanwhile
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
