import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound } from '../../api/status-error.ts'
import type { ConfigMap, Secret, Service } from '../../api/types/core.v1.ts'
import { containerOf, podOf } from '../../testing/kubelet-builders.ts'
import type { EnvironmentDeps } from './container-env.ts'
import { containerEnvironment } from './container-env.ts'
import { parseResolvConf, podDns } from './dns.ts'
import { expand } from './expansion.ts'
import { resourceField } from './field-ref.ts'
import { kernelHostname, podHostname } from './hostname.ts'
import { hostsFile } from './hosts-file.ts'
import { containerSecurityContext } from './security-context.ts'

const signal = new AbortController().signal
const kubernetes = {
  metadata: { name: 'kubernetes', namespace: 'default' },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
} as Service

const deps: EnvironmentDeps = {
  configMap: async (_namespace, name) => {
    if (name !== 'settings') throw notFound({ group: '', plural: 'configmaps' }, name)
    return { metadata: {}, data: { color: 'blue', 'a=b': 'x' } } as unknown as ConfigMap
  },
  secret: async () => ({ metadata: {}, data: { key: 'czNjcmV0' } }) as unknown as Secret,
  services: () => [kubernetes],
  allocatable: () => ({ cpu: '4', memory: '8Gi' }),
}

async function environmentOf(part: Parameters<typeof containerOf>[1], skipped: string[] = []) {
  const container = containerOf('main', part)
  const pod = podOf({ containers: [container] })
  const addresses = { podIPs: ['10.1.0.2'], hostIPs: ['1.1.1.1'] }
  const report = (source: string, keys: readonly string[]) => skipped.push(`${source}: ${keys.join()}`)
  return containerEnvironment(pod, container, addresses, deps, report, signal)
}

test('env comes after envFrom, and may refer to what came before', async () => {
  const skipped: string[] = []
  const env = await environmentOf(
    {
      envFrom: [{ prefix: 'C_', configMapRef: { name: 'settings' } }],
      env: [
        { name: 'TEXT', value: '$(C_color) $(MISSING) $$(C_color)' },
        { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } },
        { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'nope', key: 'x', optional: true } } },
      ],
    },
    skipped,
  )
  const own = ['C_color', 'TEXT', 'POD_IP', 'SECRET', 'CPUS', 'NONE'].map((name) => env.get(name))
  assert.deepEqual(own, ['blue', 'blue $(MISSING) $(C_color)', '10.1.0.2', 's3cret', '4', undefined])
  assert.deepEqual(skipped, ['configMap "default/settings": C_a=b'])
})

test('services are told in both forms', async () => {
  const env = await environmentOf({})
  assert.deepEqual(Object.fromEntries(env), {
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  })
})

test('what is missing and not optional is told by name', async () => {
  const missingMap = { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'x' } } }] }
  const missingKey = { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'x' } } }] }
  await assert.rejects(environmentOf(missingMap), { message: 'configmap "nope" not found' })
  await assert.rejects(environmentOf(missingKey), { message: "couldn't find key x in ConfigMap default/settings" })
})

test('references are replaced, escapes kept', () => {
  const table = [
    ['$(A)', 'one'],
    ['$$(A)', '$(A)'],
    ['$(B)', '$(B)'],
    ['$$$(A)', '$one'],
    ['$A $', '$A $'],
  ]
  for (const [text, want] of table)
    assert.equal(
      expand(text as string, (name) => (name === 'A' ? 'one' : undefined)),
      want,
    )
})

test('resources are counted in units of the divisor, rounded up', () => {
  const container = containerOf('main', { resources: { limits: { cpu: '1500m', memory: '100Mi' } } })
  const field = (resource: string, divisor?: string) =>
    resourceField(container, { resource, ...(divisor && { divisor }) }, { memory: '1Gi' })
  assert.deepEqual(
    [field('limits.cpu'), field('limits.cpu', '1m'), field('limits.memory', '1Mi'), field('requests.memory')],
    ['2', '1500', '100', '0'],
  )
})

const host = parseResolvConf('nameserver 8.8.8.8\nsearch example.com\noptions ndots:1 edns0\n')
const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }

test('dnsPolicy decides whom a pod asks', () => {
  const clusterFirst = podDns(podOf(), cluster, host)
  assert.deepEqual(clusterFirst, {
    servers: ['10.96.0.10'],
    searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
    options: ['ndots:5'],
  })
  assert.deepEqual(podDns(podOf({ dnsPolicy: 'Default' }), cluster, host), host)
  assert.deepEqual(podDns(podOf({ hostNetwork: true }), cluster, host), host)
  const own = podOf({
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '2' }] },
  })
  assert.deepEqual(podDns(own, cluster, host), { servers: ['1.1.1.1'], searches: [], options: ['ndots:2'] })
})

test('a pod with a subdomain knows its full name', () => {
  const pod = podOf({ hostname: 'h', subdomain: 'sub', setHostnameAsFQDN: true })
  const name = podHostname(pod, 'cluster.local')
  assert.equal(kernelHostname(pod, name), 'h.sub.default.svc.cluster.local')
  assert.match(hostsFile(pod, name, ['10.1.0.2']), /^10\.1\.0\.2\th\.sub\.default\.svc\.cluster\.local\th$/m)
  const long = podOf({ hostname: 'h'.repeat(50), subdomain: 'sub', setHostnameAsFQDN: true })
  assert.throws(
    () => kernelHostname(long, podHostname(long, 'cluster.local')),
    /is too long \(64 characters is the max, 80/,
  )
})

test('runAsNonRoot refuses root in upstream words', () => {
  const pod = podOf({ securityContext: { runAsNonRoot: true } })
  const refused = (image: { uid: { value: number } | null; username: string }, part = {}) => {
    try {
      containerSecurityContext(pod, containerOf('main', part), image, '/seccomp')
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  const where = '(pod: "web_default(u1)", container: main)'
  assert.equal(refused({ uid: null, username: '' }), `container has runAsNonRoot and image will run as root ${where}`)
  assert.equal(
    refused({ uid: null, username: 'app' }),
    `container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root ${where}`,
  )
  assert.equal(
    refused({ uid: null, username: '' }, { securityContext: { runAsUser: 0 } }),
    `container's runAsUser breaks non-root policy ${where}`,
  )
  assert.equal(refused({ uid: { value: 1000 }, username: '' }), 'taken')
})
