import assert from 'node:assert/strict'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import { Api } from './harness/api.ts'
import { assertSucceeded, clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl, Manifest } from './harness/kubectl.ts'
import { pod, service, workload } from './harness/manifests.ts'
import { API_SERVER_JOB, hasScrapeAgent, ScrapeAgent } from './harness/scrape-agent.ts'
import type { Discoverable, Labels, Role } from './harness/target-labels.ts'
import { expectedTargets, metaLabels, ROLES, sorted } from './harness/target-labels.ts'

// Prometheus' service discovery, with the rights that its documentation gives it: targets are what objects say.

assert.ok(hasScrapeAgent(), 'these tests need vmagent: tools/setup --test')

const metadata = { name: 'prometheus' }
const read = ['get', 'list', 'watch']
const prometheus: Manifest[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'monitoring' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: 'monitoring' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['nodes', 'nodes/metrics', 'services', 'endpoints', 'pods'], verbs: read },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: read },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'prometheus' },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }],
  },
]

const scraped = { annotations: { 'prometheus.io/scrape': 'true' } }
const web = { image: 'example.org/web:1', ports: [{ name: 'http', containerPort: 8080 }] }

const deployment = (replicas: number) =>
  workload('Deployment', 'web', { container: web, metadata: { labels: { app: 'web' }, ...scraped } }, { replicas })

const webService: Manifest = {
  ...service('web', { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
  metadata: { name: 'web', labels: { 'team.example.org/name': 'shop' }, ...scraped },
}

/** A pod of the same Service that never becomes ready. */
const slowPod = pod('slow', {
  container: web,
  metadata: { labels: { app: 'web' }, annotations: { 'navarch.io/simulate': 'ready=never' } },
})

const backend = { service: { name: 'web', port: { name: 'http' } } }
const ingress: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['shop.example.org'], secretName: 'tls' }],
    rules: ['shop.example.org', 'plain.example.org'].map((host) => ({
      host,
      http: { paths: ['/a', '/b'].map((path) => ({ path, pathType: 'Prefix', backend })) },
    })),
  },
}

const cluster = await clusterOfThisFile({ node: false, args: ['--simulated-nodes', '2'] })

const api = new Api(cluster.kubeconfig)
after(() => api[Symbol.dispose]())

let agent: ScrapeAgent
before(async () => {
  await cluster.kubectl.apply(...prometheus)
  const token = await cluster.kubectl.in('monitoring').run('create', 'token', 'prometheus')
  agent = await ScrapeAgent.start({ server: cluster.server, ca: api.connection.ca, token })
})
after(() => agent?.[Symbol.asyncDispose]())
afterEach((context) => {
  if (!(context as TestContext & { readonly passed: boolean }).passed)
    process.stderr.write(agent?.log.slice(-4000) ?? '')
})

type Found = Record<Role, Labels[]>

async function foundTargets(): Promise<Found> {
  const targets = await agent.targets()
  const ofRole = (role: Role) =>
    targets.filter(({ scrapePool }) => scrapePool === role).map(({ discoveredLabels }) => metaLabels(discoveredLabels))
  return Object.fromEntries(ROLES.map((role) => [role, sorted(ofRole(role))])) as Found
}

const paths: Record<Role, string> = {
  node: '/api/v1/nodes',
  pod: '/api/v1/pods',
  service: '/api/v1/services',
  endpoints: '/api/v1/endpoints',
  endpointslice: '/apis/discovery.k8s.io/v1/endpointslices',
  ingress: '/apis/networking.k8s.io/v1/ingresses',
}

async function objects(): Promise<Discoverable> {
  const itemsOf = async (role: Role) => (await api.json<{ items: unknown[] }>('GET', paths[role])).object.items
  const lists = ROLES.map(async (role) => [role, await itemsOf(role)] as const)
  return Object.fromEntries(await Promise.all(lists)) as unknown as Discoverable
}

/** Waits until the targets are exactly those of all objects, with all their labels, and look as they should. */
function discovers(looksRight: (found: Found) => void): Promise<void> {
  return eventually(async () => {
    const expected = expectedTargets(await objects())
    const found = await foundTargets()
    assert.deepEqual(found, expected)
    looksRight(found)
  })
}

const valuesOf = (targets: readonly Labels[], name: string): (string | undefined)[] =>
  targets.map((labels) => labels[`__meta_kubernetes_${name}`])

/** The targets of one namespace, counted by role. */
function counts(found: Found, { namespace }: Kubectl): Partial<Record<Role, number>> {
  const there = (role: Role) => valuesOf(found[role], 'namespace').filter((value) => value === namespace).length
  return Object.fromEntries(ROLES.filter((role) => role !== 'node').map((role) => [role, there(role)]))
}

const none = { pod: 0, service: 0, endpoints: 0, endpointslice: 0, ingress: 0 }

/** Scales the Deployment `web`, which has the Service `web`, and waits until the targets have followed. */
async function scaled(kubectl: Kubectl, replicas: number): Promise<void> {
  await kubectl.run('scale', 'deployment/web', `--replicas=${replicas}`)
  const all = { pod: replicas, service: 1, endpoints: replicas, endpointslice: replicas, ingress: 0 }
  await discovers((found) => assert.deepEqual(counts(found, kubectl), all))
}

/** Labels objects and waits until targets of every role show it: endpoints get the labels of their Service. */
async function labelled(kubectl: Kubectl, turn: string): Promise<void> {
  for (const objects of ['nodes', 'pods,services,ingresses']) {
    await kubectl.run('label', objects, '--all', '--overwrite', `turn=${turn}`)
  }
  await discovers((found) => {
    const shows = (role: Role) => valuesOf(found[role], `${role}_label_turn`).includes(turn)
    assert.deepEqual(ROLES.filter(shows), ROLES)
  })
}

test('the targets of every role have the addresses and the labels of their objects', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(deployment(2), webService, slowPod, ingress)
  await discovers((found) => {
    assert.deepEqual(counts(found, kubectl), { pod: 3, service: 1, endpoints: 3, endpointslice: 3, ingress: 4 })
    assert.deepEqual(valuesOf(found.node, 'node_name'), ['simulated-0', 'simulated-1'])
    const ready = ['false', 'true', 'true']
    assert.deepEqual(valuesOf(found.pod, 'pod_ready').sort(), ready)
    const ofWeb = found.endpoints.filter((labels) => labels.__meta_kubernetes_endpoints_name === 'web')
    assert.deepEqual(valuesOf(ofWeb, 'endpoint_ready').sort(), ready)
    assert.deepEqual(valuesOf(ofWeb, 'service_annotation_prometheus_io_scrape'), ['true', 'true', 'true'])
  })
})

test('targets follow a Deployment that is scaled, and go with their namespace', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(deployment(1), webService)
  for (const replicas of [4, 1]) await scaled(kubectl, replicas)
  await kubectl.run('delete', 'namespace', kubectl.namespace)
  await discovers((found) => assert.deepEqual(counts(found, kubectl), none))
})

test('Services and Ingresses are discovered when they come, change and go', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(webService, ingress)
  await discovers((found) => assert.deepEqual(counts(found, kubectl), { ...none, service: 1, ingress: 4 }))
  await kubectl.run('annotate', 'service/web', 'prometheus.io/port=9090')
  await kubectl.run('patch', 'ingress/web', '--type=json', '-p', '[{"op":"remove","path":"/spec/rules/1"}]')
  await discovers((found) => {
    assert.deepEqual(counts(found, kubectl), { ...none, service: 1, ingress: 2 })
    assert.ok(valuesOf(found.service, 'service_annotation_prometheus_io_port').includes('9090'))
  })
  await kubectl.run('delete', 'service/web', 'ingress/web')
  await discovers((found) => assert.deepEqual(counts(found, kubectl), none))
})

test('a label put on a node and taken away is one of its target', async () => {
  const label = (text: string) => cluster.kubectl.run('label', 'node', 'simulated-0', text)
  const zones = (found: Found) => valuesOf(found.node, 'node_label_topology_kubernetes_io_zone')
  await label('topology.kubernetes.io/zone=north')
  await discovers((found) => assert.deepEqual(zones(found), ['north', undefined]))
  await label('topology.kubernetes.io/zone-')
  await discovers((found) => assert.deepEqual(zones(found), [undefined, undefined]))
})

test('the API server is a target of its own, scraped with the token', () =>
  eventually(async () => {
    const [target, ...more] = (await agent.targets()).filter(({ scrapePool }) => scrapePool === API_SERVER_JOB)
    assert.deepEqual([target?.health, target?.lastError, more], ['up', '', []])
    assert.ok((target?.lastSamplesScraped ?? 0) > 100)
  }))

test('all of that came through watches: each kind was listed once', () => {
  assert.equal(agent.lists, ROLES.length)
})

test('discovery goes on when the server has restarted, through new watches', async (context) => {
  const kubectl = await cluster.namespace(context)
  await kubectl.apply(deployment(1), webService, ingress)
  assertSucceeded(await cluster.navarch('down'))
  assertSucceeded(await cluster.up())
  await labelled(kubectl, 'first')
  const { lists } = agent
  await labelled(kubectl, 'second')
  assert.equal(agent.lists, lists)
})
