import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { Client, resources } from '../../client/clientset.ts'
import { createInformers } from '../../client/informers.ts'
import { FakeApi } from '../../testing/fake-api.ts'
import { FakeClock, settle, settleUntil } from '../../testing/fake-clock.ts'
import { SIMULATE_ANNOTATION } from './behaviour.ts'
import { createSimulatedNodes } from './simulated-nodes.ts'

interface Simulation extends AsyncDisposable {
  readonly api: FakeApi
  readonly clock: FakeClock
  readonly client: Client
}

async function simulate(nodeNames: readonly string[], { api, clock }: Partial<Simulation> = {}): Promise<Simulation> {
  const time = clock ?? new FakeClock()
  const server = api ?? new FakeApi({ clock: time })
  const client = new Client(server)
  const informers = createInformers(client, { clock: time, log: silentLogger })
  const { pods, nodes } = informers
  const deps = { nodeNames, clientFor: () => client, pods, nodes, clock: time, log: silentLogger }
  const stop = new AbortController()
  const running = Promise.all([informers.run(stop.signal), createSimulatedNodes(deps).run(stop.signal)])
  await settle(20)
  return {
    api: server,
    clock: time,
    client,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

/** Gives a node its podCIDR, as the node IPAM controller does. */
async function assignCidr({ api, client }: Simulation, name: string, podCIDR: string): Promise<void> {
  const node = await client.nodes.get({ name })
  api.put(resources.nodes, { ...node, spec: { podCIDR } } as Node)
  await settle(10)
}

function podOn(nodeName: string, name: string, simulation = '', spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      ...(simulation && { annotations: { [SIMULATE_ANNOTATION]: simulation } }),
    },
    spec: { nodeName, restartPolicy: 'Always', containers: [{ name: 'main', image: 'app:1' }], ...spec },
  } as Pod
}

async function bind(simulation: Simulation, pod: Pod): Promise<() => Promise<string>> {
  simulation.api.put(resources.pods, pod)
  await settle(10)
  const { name } = pod.metadata
  return async () => summary(simulation.api.all<Pod>(resources.pods).find(({ metadata }) => metadata.name === name))
}

/** `phase, ready?, what the first container does`. */
function summary(pod: { readonly status?: unknown } | undefined): string {
  if (!pod) return 'gone'
  const { phase, containerStatuses = [] } = (pod.status ?? {}) as NonNullable<Pod['status']>
  const [{ state, ready, restartCount } = { state: {}, ready: false, restartCount: 0 }] = containerStatuses
  const doing = state?.waiting?.reason ?? state?.terminated?.reason ?? (state?.running ? 'running' : '')
  return `${phase} ${doing}${ready ? ' ready' : ''}${restartCount > 0 ? ` restarts=${restartCount}` : ''}`
}

test('a node registers with its lease and shows what upstream nodes show', async () => {
  await using simulation = await simulate(['simulated-1'])
  const node = await simulation.client.nodes.get({ name: 'simulated-1' })
  assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'simulated-1')
  assert.equal(node.status.nodeInfo?.kubeletVersion, 'v1.36.0-navarch-simulated')
  assert.equal(node.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  assert.deepEqual([node.status.capacity?.cpu, node.status.capacity?.pods], ['8', '110'])
  const lease = await simulation.client.leases.get({ namespace: 'kube-node-lease', name: 'simulated-1' })
  assert.equal(lease.spec?.holderIdentity, 'simulated-1')
})

test('a lease is renewed every 10 seconds', async () => {
  await using simulation = await simulate(['simulated-1'])
  simulation.api.takeWrites()
  await simulation.clock.advance(30_000)
  assert.deepEqual(
    simulation.api.takeWrites(),
    Array(3).fill('patch leases.coordination.k8s.io kube-node-lease/simulated-1'),
  )
})

test('a pod waits for the podCIDR, is created, runs, and has an address of the node', async () => {
  await using simulation = await simulate(['simulated-1'])
  const look = await bind(simulation, podOn('simulated-1', 'web'))
  await simulation.clock.advance(1000)
  assert.equal(await look(), 'Pending ContainerCreating')
  await assignCidr(simulation, 'simulated-1', '10.244.3.0/24')
  await simulation.clock.advance(1000)
  assert.equal(await look(), 'Running running ready')
  const [pod] = simulation.api.all<Pod>(resources.pods)
  assert.equal(pod?.status?.podIP, '10.244.3.2')
})

const lives: readonly { name: string; annotation?: string; spec?: Partial<Pod['spec']>; at: [number, string][] }[] = [
  {
    name: 'a pod that is not to restart succeeds',
    spec: { restartPolicy: 'Never' },
    at: [
      [500, 'Running running ready'],
      [2000, 'Succeeded Completed'],
    ],
  },
  {
    name: 'a failing pod that is not to restart fails',
    annotation: 'run=1s,exit=2',
    spec: { restartPolicy: 'Never' },
    at: [[2000, 'Failed Error']],
  },
  {
    name: 'a crash loop restarts at once, then backs off',
    annotation: 'crash',
    at: [
      [1300, 'Running running ready restarts=1'],
      [2300, 'Running CrashLoopBackOff restarts=1'],
      [12_300, 'Running running ready restarts=2'],
    ],
  },
  { name: 'a pod can stay unready', annotation: 'ready=never', at: [[60_000, 'Running running']] },
  {
    name: 'readiness comes late',
    annotation: 'ready=5s',
    at: [
      [1000, 'Running running'],
      [6000, 'Running running ready'],
    ],
  },
  { name: 'an image is missing', annotation: 'image=missing', at: [[1000, 'Pending ImagePullBackOff']] },
  {
    name: 'init containers come first',
    spec: { initContainers: [{ name: 'prepare', image: 'app:1' }] as Pod['spec']['containers'] },
    at: [
      [250, 'Pending PodInitializing'],
      [500, 'Running running ready'],
    ],
  },
  {
    name: 'a deadline ends a pod',
    spec: { activeDeadlineSeconds: 5 },
    at: [
      [1000, 'Running running ready'],
      [6000, 'Failed Error'],
    ],
  },
]

for (const { name, annotation, spec, at } of lives) {
  test(name, async () => {
    await using simulation = await simulate(['simulated-1'])
    await assignCidr(simulation, 'simulated-1', '10.244.0.0/24')
    const look = await bind(simulation, podOn('simulated-1', 'web', annotation, spec))
    const seen: [number, string][] = []
    let now = 0
    for (const [ms] of at) {
      await simulation.clock.advance(ms - now)
      await settle(10)
      now = ms
      seen.push([ms, await look()])
    }
    assert.deepEqual(seen, at)
  })
}

test('a deleted pod stops within its grace period and goes', async () => {
  await using simulation = await simulate(['simulated-1'])
  const { api, clock } = simulation
  await assignCidr(simulation, 'simulated-1', '10.244.0.0/24')
  const look = await bind(simulation, podOn('simulated-1', 'web', 'stop=2s'))
  await clock.advance(1000)
  const [pod] = api.all<Pod>(resources.pods)
  const deletionTimestamp = timestamp(clock.now() + 30_000)
  const finalizers = ['example.com/hold'] // so that the fake server keeps the pod for us to look at
  const metadata = { ...pod?.metadata, deletionTimestamp, deletionGracePeriodSeconds: 30, finalizers }
  api.put(resources.pods, { ...pod, metadata } as Pod)
  await clock.advance(1500)
  assert.equal(await look(), 'Running running ready')
  api.takeWrites()
  await clock.advance(1000)
  await settle(10)
  assert.equal(await look(), 'Succeeded Completed')
  assert.deepEqual(api.takeWrites(), ['patch pods/status default/web', 'delete pods default/web'])
})

test('after a restart of the process pods run on as they were', async () => {
  const first = await simulate(['simulated-1'])
  await assignCidr(first, 'simulated-1', '10.244.0.0/24')
  await bind(first, podOn('simulated-1', 'web'))
  await first.clock.advance(1000)
  await first[Symbol.asyncDispose]()
  const statusNow = () => first.api.all<Pod>(resources.pods)[0]?.status
  const { phase, podIP, startTime, containerStatuses } = statusNow() ?? {}
  await using second = await simulate(['simulated-1'], first)
  await second.clock.advance(5000)
  assert.partialDeepStrictEqual(statusNow(), { phase, podIP, startTime, containerStatuses })
})

test('a thousand nodes run three thousand pods and renew their leases with one timer', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `simulated-${index + 1}`)
  await using simulation = await simulate(names)
  const { api, clock, client } = simulation
  await settleUntil(() => api.all(resources.nodes).length === names.length)
  for (const [index, name] of names.entries()) {
    const node = await client.nodes.get({ name })
    api.put(resources.nodes, { ...node, spec: { podCIDR: `10.${244 + (index >> 8)}.${index & 255}.0/24` } } as Node)
  }
  for (const name of names) {
    for (const number of [1, 2, 3]) api.put(resources.pods, podOn(name, `${name}-pod-${number}`))
  }
  const podsThatAre = (wanted: string) => api.all<Pod>(resources.pods).filter((pod) => summary(pod) === wanted).length
  await settleUntil(() => podsThatAre('Pending ContainerCreating') === 3000)
  await clock.advance(1000)
  await settleUntil(() => podsThatAre('Running running ready') === 3000)
  assert.equal(clock.pending, 1)
  api.takeWrites()
  await clock.advance(10_000)
  const renewed = new Set<string>()
  await settleUntil(() => {
    for (const write of api.takeWrites()) if (write.startsWith('patch leases')) renewed.add(write)
    return renewed.size >= 1000
  })
  assert.equal(renewed.size, 1000)
})
