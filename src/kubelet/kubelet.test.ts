import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { New } from '../client/client.ts'
import type { Client } from '../client/clientset.ts'
import { startTestApi, type TestApi } from '../testing/api-server.ts'
import { BUSYBOX_IMAGE } from '../testing/images.ts'
import { type RunningKubelet, startTestNode, TEST_NODE, type TestNode } from '../testing/kubelet-node.ts'

// The kubelet against a real containerd and a real API server. Needs root; elsewhere there is nothing to run pods with.
const skip = process.getuid?.() === 0 ? false : 'not root'
const WAIT_MS = 20_000

let api: TestApi
let client: Client
let node: TestNode
let kubelet: RunningKubelet

before(async () => {
  if (skip) return
  api = await startTestApi()
  client = api.client()
  for (const name of ['default', 'kube-node-lease']) await client.namespaces.create({ metadata: { name }, spec: {} })
  node = await startTestNode()
  kubelet = await node.startKubelet(client)
})

after(async () => {
  await kubelet?.stop()
  await node?.[Symbol.asyncDispose]()
  await api?.[Symbol.asyncDispose]()
})

type Spec = Partial<Pod['spec']>
type ContainerPart = Partial<Pod['spec']['containers'][number]>

const FOREVER = 'trap "exit 0" TERM; while true; do sleep 0.1; done'

function podOf(name: string, container: ContainerPart = {}, spec: Spec = {}): New<Pod> {
  const main = { name: 'main', image: BUSYBOX_IMAGE, command: ['sh', '-c', FOREVER], ...container }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: TEST_NODE, terminationGracePeriodSeconds: 5, containers: [main], ...spec },
  }
}

const get = (name: string) => client.pods.get({ namespace: 'default', name })

async function until(name: string, holds: (pod: DeepReadonly<Pod>) => boolean): Promise<DeepReadonly<Pod>> {
  const found = await get(name)
  if (holds(found)) return found
  const query = {
    namespace: 'default',
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: found.metadata.resourceVersion,
  }
  for await (const { object } of client.pods.watch(query, AbortSignal.timeout(WAIT_MS)))
    if (holds(object)) return object
  throw new Error(`waited too long: ${JSON.stringify((await get(name)).status)}`)
}

const isReady = ({ status }: DeepReadonly<Pod>): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

async function deleted(name: string): Promise<void> {
  const { metadata } = await get(name)
  const query = {
    namespace: 'default',
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: metadata.resourceVersion,
  }
  const events = client.pods.watch(query, AbortSignal.timeout(WAIT_MS))
  await client.pods.delete({ namespace: 'default', name })
  for await (const { type } of events) if (type === 'DELETED') return
  throw new Error(`${name} was not deleted in time`)
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'it does not hold in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const mainStatus = ({ status }: DeepReadonly<Pod>) => status.containerStatuses?.[0]

test('the node registers and becomes ready', { skip }, async () => {
  const isNodeReady = async () => {
    const [found] = (await client.nodes.list()).items
    return found?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  }
  await eventually(isNodeReady)
  const { capacity, nodeInfo } = (await client.nodes.get({ name: TEST_NODE })).status
  assert.equal(capacity?.pods, '110')
  assert.equal(nodeInfo?.kubeletVersion, 'v1.36.0')
})

test('a pod runs, gets an address, and is gone without a trace when it is deleted', { skip }, async () => {
  await client.pods.create(podOf('plain'))
  const pod = await until('plain', isReady)
  assert.match(pod.status.podIP ?? '', /^10\.252\.0\./)
  assert.equal(pod.status.phase, 'Running')
  assert.equal(pod.status.qosClass, 'BestEffort')
  await deleted('plain')
  const labelSelector = { 'io.kubernetes.pod.uid': pod.metadata.uid }
  const directory = join(node.dataDir, 'kubelet/pods', pod.metadata.uid)
  await eventually(async () => {
    const sandboxes = await node.runtime.listPodSandboxes({ labelSelector }, AbortSignal.timeout(5000))
    return sandboxes.length === 0 && !existsSync(directory)
  })
})

test('a container sees its environment, hosts file and resolv.conf', { skip }, async () => {
  const command = ['sh', '-c', 'echo "$GREETING $WHERE"; cat /etc/hosts /etc/resolv.conf; hostname']
  const env = [
    { name: 'WHERE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'GREETING', value: 'hello $(WHERE)' },
  ]
  const spec: Spec = { restartPolicy: 'Never', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a.example', 'b.example'] }] }
  await client.pods.create(podOf('env', { command, env }, spec))
  const pod = await until('env', ({ status }) => status.phase === 'Succeeded')
  const log = await readFile(join(node.dataDir, 'logs/pods', `default_env_${pod.metadata.uid}`, 'main/0.log'), 'utf8')
  assert.match(log, /stdout F hello default default\n/)
  assert.match(log, /1\.2\.3\.4\ta\.example\tb\.example/)
  assert.match(log, /search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/)
  assert.match(log, /options ndots:5/)
  await deleted('env')
})

test('a crashing container waits in CrashLoopBackOff and tells how it ended', { skip }, async () => {
  const command = ['sh', '-c', 'echo -n oh no > /dev/termination-log; exit 3']
  await client.pods.create(podOf('crash', { command }))
  const pod = await until('crash', (one) => mainStatus(one)?.state?.waiting?.reason === 'CrashLoopBackOff')
  const status = mainStatus(pod)
  const text = `back-off 10s restarting failed container=main pod=crash_default(${pod.metadata.uid})`
  assert.equal(status?.state?.waiting?.message, text)
  const { exitCode, reason, message } = status?.lastState?.terminated ?? {}
  assert.deepEqual({ exitCode, reason, message }, { exitCode: 3, reason: 'Error', message: 'oh no' })
  assert.equal(pod.status.phase, 'Running')
  await deleted('crash')
})

test('init containers run first, sidecars beside, and the pod succeeds when its own containers have', {
  skip,
}, async () => {
  const side = { name: 'side', image: BUSYBOX_IMAGE, command: ['sh', '-c', FOREVER], restartPolicy: 'Always' as const }
  const first = { name: 'first', image: BUSYBOX_IMAGE, command: ['true'] }
  const spec: Spec = { restartPolicy: 'Never', initContainers: [first, side] }
  await client.pods.create(podOf('stages', { command: ['true'] }, spec))
  const pod = await until('stages', ({ status }) => status.phase === 'Succeeded')
  assert.equal(pod.status.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed')
  await deleted('stages')
})

test('readiness follows the probe', { skip }, async () => {
  const command = ['sh', '-c', 'touch /ready; sleep 1; rm /ready; while true; do sleep 0.1; done']
  const readinessProbe = { exec: { command: ['cat', '/ready'] }, periodSeconds: 1, failureThreshold: 1 }
  await client.pods.create(podOf('probed', { command, readinessProbe }, { terminationGracePeriodSeconds: 0 }))
  await until('probed', isReady)
  const pod = await until('probed', (one) => !isReady(one))
  assert.equal(pod.status.conditions?.find(({ type }) => type === 'Ready')?.reason, 'ContainersNotReady')
  await deleted('probed')
})

test('limits reach the cgroup', { skip }, async () => {
  const resources = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } }
  await client.pods.create(podOf('limited', { resources }))
  const pod = await until('limited', isReady)
  assert.equal(pod.status.qosClass, 'Burstable')
  const cgroups = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `pod${pod.metadata.uid}`]).toString()
  const folders = cgroups.split('\n').filter(Boolean)
  const limit = await readFirst(
    folders.flatMap((folder) => [`${folder}/memory.limit_in_bytes`, `${folder}/memory.max`]),
  )
  assert.equal(limit, String(64 * 1024 * 1024))
  await deleted('limited')
})

async function readFirst(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined) // a controller that has no such file
    if (text !== undefined) return text.trim()
  }
  return undefined
}

test('a missing image is told as upstream tells it', { skip }, async () => {
  await client.pods.create(podOf('noimage', { image: 'localhost:1/none:1' }))
  const pod = await until('noimage', (one) => mainStatus(one)?.state?.waiting?.reason === 'ImagePullBackOff')
  assert.match(
    mainStatus(pod)?.state?.waiting?.message ?? '',
    /^Back-off pulling image "localhost:1\/none:1": ErrImagePull: /,
  )
  await deleted('noimage')
})

test('a pod that does not fit is refused', { skip }, async () => {
  await client.pods.create(podOf('huge', { resources: { requests: { cpu: '1000' } } }))
  const { status } = await until('huge', (one) => one.status.phase === 'Failed')
  assert.equal(status.reason, 'OutOfcpu')
  assert.match(
    status.message ?? '',
    /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0, /,
  )
  await deleted('huge')
})

test('a restarted kubelet takes over running containers, and a killed one comes back', { skip }, async () => {
  await client.pods.create(podOf('stays'))
  const first = mainStatus(await until('stays', isReady))
  await kubelet.stop()
  kubelet = await node.startKubelet(client)
  await client.pods.create(podOf('later'))
  await until('later', isReady)
  assert.deepEqual(mainStatus(await get('stays')), first)
  const id = first?.containerID?.replace('containerd://', '') ?? ''
  await node.runtime.stopContainer(id, 0, AbortSignal.timeout(10_000))
  const again = await until('stays', (pod) => mainStatus(pod)?.restartCount === 1 && isReady(pod))
  assert.equal(mainStatus(again)?.lastState?.terminated?.exitCode, 137)
  await Promise.all([deleted('stays'), deleted('later')])
})

test('containers outlive containerd, which comes back', { skip }, async () => {
  await client.pods.create(podOf('survivor'))
  const before = mainStatus(await until('survivor', isReady))
  const { pid } = JSON.parse(await readFile(join(node.dataDir, 'containerd/containerd.pid'), 'utf8'))
  process.kill(pid, 'SIGKILL')
  await node.containerd.start(AbortSignal.timeout(20_000))
  await client.pods.create(podOf('next'))
  await until('next', isReady)
  assert.equal(mainStatus(await get('survivor'))?.containerID, before?.containerID)
  await Promise.all([deleted('survivor'), deleted('next')])
})
