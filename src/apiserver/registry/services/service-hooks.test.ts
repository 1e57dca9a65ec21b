import assert from 'node:assert/strict'
import test from 'node:test'
import type { Service, ServiceSpec } from '../../../api/types/core.v1.ts'
import type { New } from '../../../client/client.ts'
import { startTestApi, type TestApi } from '../../../testing/api-server.ts'

const DUAL = ['10.96.0.0/24', 'fd00:96::/112']

async function startApi(cidrs = ['10.96.0.0/24']): Promise<TestApi> {
  const api = await startTestApi({ serviceNetwork: { cidrs, nodePorts: { first: 30000, last: 30009 } } })
  await api.client().serviceCIDRs.create({ metadata: { name: 'kubernetes' }, spec: { cidrs } })
  return api
}

const make = (name: string, spec: ServiceSpec = {}): New<Service> => ({
  metadata: { name, namespace: 'a' },
  spec: { ports: [{ port: 80 }], ...spec },
})

const at = (name: string) => ({ name, namespace: 'a' })
const addresses = async (api: TestApi) =>
  (await api.client().ipAddresses.list()).items
    .map(({ metadata, spec }) => `${metadata.name} ${spec?.parentRef?.name}`)
    .sort()

async function change(api: TestApi, name: string, body: object): Promise<ServiceSpec> {
  const { spec } = await api.client().services.patch(at(name), { type: 'merge', body })
  return spec as ServiceSpec
}

test('a Service gets an address of the range, and an IPAddress says whose it is', async () => {
  await using api = await startApi()
  const { spec } = await api.client().services.create(make('s'))
  assert.match(spec.clusterIP ?? '', /^10\.96\.0\.\d+$/)
  const [address] = (await api.client().ipAddresses.list()).items
  assert.deepEqual(
    [address?.metadata.name, address?.metadata.labels, address?.spec],
    [
      spec.clusterIP,
      { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
      { parentRef: { resource: 'services', namespace: 'a', name: 's' } },
    ],
  )
})

test('the address goes with its Service', async () => {
  await using api = await startApi()
  const { services } = api.client()
  await services.create(make('s', { clusterIP: '10.96.0.9' }))
  assert.deepEqual(await addresses(api), ['10.96.0.9 s'])
  await services.delete(at('s'))
  assert.deepEqual(await addresses(api), [])
})

test('an address is given once', async () => {
  await using api = await startApi()
  const { services } = api.client()
  await services.create(make('s', { clusterIP: '10.96.0.9' }))
  await assert.rejects(services.create(make('t', { clusterIP: '10.96.0.9' })), {
    code: 422,
    message:
      'Service "t" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: provided IP is already allocated',
  })
})

test('an address outside every range is refused', async () => {
  await using api = await startApi()
  await assert.rejects(
    api.client().services.create(make('s', { clusterIP: '10.1.0.1' })),
    /failed to allocate IP 10.1.0.1: the provided network does not match the current range/,
  )
})

test('a write that is refused leaves nothing taken', async () => {
  await using api = await startApi()
  const { services } = api.client()
  await assert.rejects(services.create(make('s', { type: 'NodePort', ports: [{ port: 0, nodePort: 30003 }] })))
  assert.deepEqual(await addresses(api), [])
  await services.create(make('t', { type: 'NodePort', ports: [{ port: 80, nodePort: 30003 }] }))
})

test('a range that is full says so, and another one helps', async () => {
  await using api = await startApi(['10.96.0.0/30'])
  const { services, serviceCIDRs } = api.client()
  await services.create(make('s'))
  await services.create(make('t'))
  await assert.rejects(services.create(make('u')), /failed to allocate a serviceIP: range is full/)
  await serviceCIDRs.create({ metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } })
  const { spec } = await services.create(make('u'))
  assert.match(spec.clusterIP ?? '', /^10\.97\.0\./)
})

test('a range that is going gives nothing any more', async () => {
  await using api = await startApi()
  const { services, serviceCIDRs } = api.client()
  const metadata = { name: 'more', finalizers: ['networking.k8s.io/service-cidr-finalizer'] }
  await serviceCIDRs.create({ metadata, spec: { cidrs: ['10.97.0.0/24'] } })
  await serviceCIDRs.delete({ name: 'more' })
  await assert.rejects(services.create(make('u', { clusterIP: '10.97.0.9' })), /does not match the current range/)
})

test('a dry run shows an address and takes none', async () => {
  await using api = await startApi()
  const transport = api.server.transport({ name: 'u', groups: [] })
  const resource = { group: '', version: 'v1', plural: 'services' }
  const body = make('s', { type: 'NodePort' })
  const query = { dryRun: 'All' }
  const { spec } = await transport.call<Service>({ verb: 'create', resource, namespace: 'a', body, query })
  assert.match(spec.clusterIP ?? '', /^10\.96\.0\./)
  assert.ok(spec.ports?.[0]?.nodePort)
  assert.deepEqual(await addresses(api), [])
})

test('headless and external Services have no address', async () => {
  await using api = await startApi()
  const { services } = api.client()
  const headless = await services.create(make('h', { clusterIP: 'None', selector: { a: 'b' } }))
  const external = await services.create(make('e', { type: 'ExternalName', externalName: 'x.example' }))
  assert.deepEqual(await addresses(api), [])
  assert.deepEqual([headless.spec.clusterIPs, headless.spec.ipFamilies], [['None'], ['IPv4']])
  assert.deepEqual([external.spec.clusterIPs, external.spec.ipFamilies], [undefined, undefined])
})

test('becoming an ExternalName gives address and ports back, and returning takes others', async () => {
  await using api = await startApi()
  const { services } = api.client()
  await services.create(make('s', { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30003 }] }))
  const external = await change(api, 's', { spec: { type: 'ExternalName', externalName: 'x.example' } })
  assert.deepEqual([external.clusterIP, external.ipFamilies, external.ports?.[0]?.nodePort], Array(3).fill(undefined))
  assert.deepEqual(await addresses(api), [])
  await services.create(make('t', { type: 'NodePort', ports: [{ port: 80, nodePort: 30003 }] }))
  const back = await change(api, 's', { spec: { type: 'ClusterIP', externalName: null } })
  assert.match(back.clusterIP ?? '', /^10\.96\.0\./)
})

test('a second family is added and given back as the policy says', async () => {
  await using api = await startApi(DUAL)
  const { services } = api.client()
  await services.create(make('s', { clusterIP: '10.96.0.9' }))
  const both = await change(api, 's', { spec: { ipFamilyPolicy: 'RequireDualStack' } })
  assert.deepEqual(both.ipFamilies, ['IPv4', 'IPv6'])
  assert.match(both.clusterIPs?.[1] ?? '', /^fd00:96::/)
  assert.equal((await addresses(api)).length, 2)
  const one = await change(api, 's', { spec: { ipFamilyPolicy: 'SingleStack' } })
  assert.deepEqual([one.ipFamilies, one.clusterIPs], [['IPv4'], ['10.96.0.9']])
  assert.deepEqual(await addresses(api), ['10.96.0.9 s'])
})

test('a node port that is taken is refused, and comes free with its Service', async () => {
  await using api = await startApi()
  const { services } = api.client()
  const ports = [{ port: 80, nodePort: 30003 }]
  await services.create(make('s', { type: 'NodePort', ports }))
  await assert.rejects(
    services.create(make('t', { type: 'NodePort', ports })),
    /spec.ports\[0\].nodePort: Invalid value: 30003: provided port is already allocated/,
  )
  await services.delete(at('s'))
  await services.create(make('t', { type: 'NodePort', ports }))
})

test('the same port by TCP and UDP shares a node port', async () => {
  await using api = await startApi()
  const ports: ServiceSpec['ports'] = [
    { name: 'a', port: 53, protocol: 'TCP' },
    { name: 'b', port: 53, protocol: 'UDP' },
  ]
  const { spec } = await api.client().services.create(make('s', { type: 'NodePort', ports }))
  assert.equal(spec.ports?.[0]?.nodePort, spec.ports?.[1]?.nodePort)
})

test('a load balancer that asks nodes for health has a port for it, and gives it back', async () => {
  await using api = await startApi()
  const { services } = api.client()
  const { spec } = await services.create(make('s', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }))
  const port = spec.healthCheckNodePort as number
  assert.ok(port >= 30000)
  await assert.rejects(
    services.create(make('t', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: port })),
    {
      code: 500,
      message: `Internal error occurred: failed to allocate requested HealthCheck NodePort ${port}: provided port is already allocated`,
    },
  )
  const cluster = await change(api, 's', { spec: { externalTrafficPolicy: 'Cluster' } })
  assert.equal(cluster.healthCheckNodePort, undefined)
  const sole = { allocateLoadBalancerNodePorts: false } // else the port could go to the Service's own one first
  const type = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } as const
  await services.create(make('t', { ...type, ...sole, healthCheckNodePort: port }))
})

test('a load balancer without node ports has only those it names', async () => {
  await using api = await startApi()
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81, nodePort: 30004 },
  ]
  const spec = { type: 'LoadBalancer' as const, allocateLoadBalancerNodePorts: false, ports }
  const created = await api.client().services.create(make('s', spec))
  assert.deepEqual(
    created.spec.ports?.map(({ nodePort }) => nodePort),
    [undefined, 30004],
  )
})

test('replacing a Service with its first manifest keeps what was allocated', async () => {
  await using api = await startApi()
  const { services } = api.client()
  const created = await services.create(make('s', { type: 'NodePort' }))
  const replaced = await services.update({ ...make('s', { type: 'NodePort' }), status: {} } as Service)
  assert.deepEqual(replaced.spec, created.spec)
})

test('two ports may not have one node port and protocol', async () => {
  await using api = await startApi()
  const { services } = api.client()
  const ports = [
    { name: 'a', port: 80, nodePort: 30003 },
    { name: 'b', port: 81 },
  ]
  await services.create(make('s', { type: 'NodePort', ports }))
  const twice = ports.map((port) => ({ ...port, nodePort: 30003 }))
  await assert.rejects(change(api, 's', { spec: { ports: twice } }), {
    code: 500,
    message: 'duplicate nodePort: {TCP 30003}',
  })
})
