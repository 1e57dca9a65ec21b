import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { describe, test } from 'node:test'
import type { EndpointSlice } from '../../src/api/types/discovery.v1.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { askByTcp, askByUdp, dataOf } from './harness/dns.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import type { Part } from './harness/manifests.ts'
import { configMap, pod, service, shell, WEB_SERVER, workload } from './harness/manifests.ts'

// Services, node ports and names, between real pods.

const cluster = await clusterOfThisFile({ node: true })
const nodeAddress = await cluster.kubectl.valueOf(
  'nodes',
  '.items[0].status.addresses[?(@.type=="InternalIP")].address',
)
const dnsAddress = await cluster.kubectl.in('kube-system').valueOf('service/kube-dns', '.spec.clusterIP')

/** Two web servers named web, and a pod to call them from. */
async function webAndClient(kubectl: Kubectl, spec: Part = {}): Promise<void> {
  await kubectl.apply(
    workload('Deployment', 'web', { container: shell(WEB_SERVER) }, { replicas: 2 }),
    service('web', spec),
    pod('client'),
  )
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  await kubectl.run('wait', '--for=condition=Ready', 'pod/client', '--timeout=30s')
}

const curl = (kubectl: Kubectl, url: string, from = 'client') =>
  kubectl.run('exec', from, '--', 'curl', '-sS', '-m', '3', url)

const answersFrom = (kubectl: Kubectl, url: string, from?: string) =>
  eventually(async () => {
    const page = await curl(kubectl, url, from)
    assert.match(page, /^web-\w+-\w+$/)
    return page
  })

const namespaceOf = (kubectl: Kubectl) => kubectl.valueOf('serviceaccount/default', '.metadata.namespace')

describe('a pod reaches a Service', { concurrency: 3 }, () => {
  test('by its name in every form, by cluster IP, and by node port', async (context) => {
    const kubectl = await cluster.namespace(context)
    await webAndClient(kubectl, { type: 'NodePort' })
    const namespace = await namespaceOf(kubectl)
    const clusterIP = await kubectl.valueOf('service/web', '.spec.clusterIP')
    const nodePort = await kubectl.valueOf('service/web', '.spec.ports[0].nodePort')
    const names = ['web', `web.${namespace}`, `web.${namespace}.svc`, `web.${namespace}.svc.cluster.local`]
    for (const host of [...names, clusterIP, `${nodeAddress}:${nodePort}`])
      await answersFrom(kubectl, `http://${host}/`)
    const seen = new Set<string>()
    await eventually(async () => {
      seen.add(await curl(kubectl, 'http://web/'))
      assert.equal(seen.size, 2, 'both pods answer')
    })
    assert.match(await (await fetch(`http://${nodeAddress}:${nodePort}/`)).text(), /^web-/)
    assert.match(await (await fetch(`http://${clusterIP}/`)).text(), /^web-/)
  })

  test('that is itself', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('web', { container: shell(WEB_SERVER) }), service('web'))
    await kubectl.run('wait', '--for=condition=Ready', 'pod/web', '--timeout=30s')
    assert.equal(await eventually(() => curl(kubectl, 'http://web/', 'web')), 'web')
  })

  test('the same pod each time with session affinity', async (context) => {
    const kubectl = await cluster.namespace(context)
    await webAndClient(kubectl, { sessionAffinity: 'ClientIP' })
    const first = await answersFrom(kubectl, 'http://web/')
    const pages = await Promise.all(Array.from({ length: 10 }, () => curl(kubectl, 'http://web/')))
    assert.deepEqual([...new Set(pages)], [first])
  })

  test('and is refused at once where nobody is ready', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(service('nobody'), pod('client'))
    await kubectl.run('wait', '--for=condition=Ready', 'pod/client', '--timeout=30s')
    const refusal = await eventually(async () => {
      const text = await kubectl.refusal(['exec', 'client', '--', 'curl', '-sS', '-m', '3', 'http://nobody/'])
      assert.match(text, /Failed to connect|refused/)
      return text
    })
    assert.doesNotMatch(refusal, /timed out/i)
  })

  test('through a named target port, which follows changes of its selector', async (context) => {
    const kubectl = await cluster.namespace(context)
    const ports = [{ name: 'page', containerPort: 80 }]
    await kubectl.apply(
      pod('blue', { container: { ...shell(WEB_SERVER), ports } }),
      pod('green', { container: { ...shell(WEB_SERVER), ports } }),
      service('blue', { ports: [{ name: 'http', port: 8080, targetPort: 'page' }] }),
      pod('client'),
    )
    await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=30s')
    await eventually(async () => assert.equal(await curl(kubectl, 'http://blue:8080/'), 'blue'))
    await kubectl.run('patch', 'service', 'blue', '-p', '{"spec":{"selector":{"app":"green"}}}')
    await eventually(async () => assert.equal(await curl(kubectl, 'http://blue:8080/'), 'green'))
    await kubectl.run('delete', 'service', 'blue')
    await eventually(() => kubectl.refusal(['exec', 'client', '--', 'curl', '-sS', '-m', '1', 'http://blue:8080/']))
  })

  test("outside the node only where it is local, with the caller's address kept", async (context) => {
    const kubectl = await cluster.namespace(context)
    const script = `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s' "$REMOTE_ADDR"\n`
    const volumes = [{ name: 'scripts', configMap: { name: 'scripts', defaultMode: 0o755 } }]
    const volumeMounts = [{ name: 'scripts', mountPath: '/www/cgi-bin' }]
    await kubectl.apply(
      configMap('scripts', { who: script }),
      pod('web', { container: { ...shell(WEB_SERVER), volumeMounts }, spec: { volumes } }),
      service('web', { type: 'NodePort', externalTrafficPolicy: 'Local' }),
    )
    await kubectl.run('wait', '--for=condition=Ready', 'pod/web', '--timeout=30s')
    const nodePort = await kubectl.valueOf('service/web', '.spec.ports[0].nodePort')
    const seen = await eventually(async () => (await fetch(`http://${nodeAddress}:${nodePort}/cgi-bin/who`)).text())
    assert.match(seen, new RegExp(`\\b${nodeAddress.replaceAll('.', '\\.')}\\b`))
    await kubectl.run('delete', 'pod', 'web')
    await eventually(() =>
      assert.rejects(fetch(`http://${nodeAddress}:${nodePort}/`, { signal: AbortSignal.timeout(1000) })),
    )
  })
})

describe('names', { concurrency: 2 }, () => {
  test('of Services, headless ones, their pods and ports, over UDP and TCP', async (context) => {
    const kubectl = await cluster.namespace(context)
    const namespace = await namespaceOf(kubectl)
    await kubectl.apply(
      service('web'),
      workload('StatefulSet', 'db', { container: shell(WEB_SERVER) }, { serviceName: 'db', replicas: 2 }),
      service('db', { clusterIP: 'None' }),
      service('elsewhere', {
        type: 'ExternalName',
        externalName: 'example.org',
        ports: undefined,
        selector: undefined,
      }),
    )
    await kubectl.run('rollout', 'status', 'statefulset/db', '--timeout=60s')
    const address = (name: string) =>
      kubectl.valueOf(name, name.startsWith('pod') ? '.status.podIP' : '.spec.clusterIP')
    const [webIP, first, second] = await Promise.all(['service/web', 'pod/db-0', 'pod/db-1'].map(address))
    const zone = `${namespace}.svc.cluster.local`
    const both = [first, second].sort()
    await eventually(async () => assert.deepEqual(dataOf(await askByUdp(dnsAddress, `db.${zone}`)), both))
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, `web.${zone}`)), [webIP])
    assert.deepEqual(dataOf(await askByTcp(dnsAddress, `web.${zone}`)), [webIP])
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, `db-1.db.${zone}`)), [second])
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, `_http._tcp.web.${zone}`, 'SRV')), [`80 web.${zone}`])
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, `_http._tcp.db.${zone}`, 'SRV')), [
      `80 db-0.db.${zone}`,
      `80 db-1.db.${zone}`,
    ])
    const reversed = (ip = '') => `${ip.split('.').reverse().join('.')}.in-addr.arpa`
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, reversed(webIP), 'PTR')), [`web.${zone}`])
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, reversed(first), 'PTR')), [`db-0.db.${zone}`])
    assert.ok(dataOf(await askByUdp(dnsAddress, `elsewhere.${zone}`, 'CNAME')).includes('example.org'))
    const missing = await askByUdp(dnsAddress, `nowhere.${zone}`)
    assert.deepEqual([(missing as { rcode?: string }).rcode, missing.authorities?.[0]?.type], ['NXDOMAIN', 'SOA'])
    assert.deepEqual(dataOf(await askByUdp(dnsAddress, `web.${zone}`, 'AAAA')), [])
  })

  test('are searched for as upstream configures it', async (context) => {
    const kubectl = await cluster.namespace(context)
    await kubectl.apply(pod('client'), pod('host', { spec: { dnsPolicy: 'Default' } }))
    await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=30s')
    const namespace = await namespaceOf(kubectl)
    assert.equal(
      await kubectl.run('exec', 'client', '--', 'cat', '/etc/resolv.conf'),
      `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${dnsAddress}\noptions ndots:5`,
    )
    assert.doesNotMatch(await kubectl.run('exec', 'host', '--', 'cat', '/etc/resolv.conf'), /cluster\.local/)
    const version = 'curl -sSk -m 3 -o /dev/null -w "%{http_code}" https://kubernetes.default/version'
    assert.equal(await kubectl.run('exec', 'client', '--', 'sh', '-c', version), '200')
  })
})

test('a pod uses the API with the token that is mounted into it', async (context) => {
  const kubectl = await cluster.namespace(context)
  const namespace = await namespaceOf(kubectl)
  await kubectl.run('create', 'role', 'reader', '--verb=list', '--resource=pods')
  await kubectl.run('create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:default`)
  await kubectl.apply(pod('client'))
  await kubectl.run('wait', '--for=condition=Ready', 'pod/client', '--timeout=30s')
  const script = `cd /var/run/secrets/kubernetes.io/serviceaccount
    curl -sS -m 5 --cacert ca.crt -H "Authorization: Bearer $(cat token)" "https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/$(cat namespace)/pods"`
  const answer = await eventually(() => kubectl.run('exec', 'client', '--', 'sh', '-c', script))
  assert.deepEqual(
    (JSON.parse(answer) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name),
    ['client'],
  )
})

test('a rolling update under load fails not one request', async (context) => {
  const kubectl = await cluster.namespace(context)
  const main = {
    ...shell(WEB_SERVER),
    readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
    lifecycle: { preStop: { sleep: { seconds: 2 } } }, // until the news of its end has reached every client
  }
  const strategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  await kubectl.apply(
    workload(
      'Deployment',
      'web',
      { container: main, spec: { terminationGracePeriodSeconds: 10 } },
      { replicas: 3, strategy },
    ),
    service('web', { type: 'NodePort' }),
  )
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const nodePort = await kubectl.valueOf('service/web', '.spec.ports[0].nodePort')
  const url = `http://${nodeAddress}:${nodePort}/`
  await eventually(() => requestOnce(url))

  const stop = new AbortController()
  const load = Promise.all(Array.from({ length: 4 }, () => requestUntil(url, stop.signal)))
  const before = await kubectl.run('get', 'pods', '-o', 'name')
  await kubectl.run('set', 'env', 'deployment/web', 'VERSION=2')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=120s')
  await eventually(async () => {
    const now = (await kubectl.run('get', 'pods', '-o', 'name')).split('\n')
    assert.deepEqual(
      now.filter((name) => before.includes(name)),
      [],
    )
  })
  stop.abort()
  const results = (await load).flat()
  context.diagnostic(`${results.length} requests`)
  assert.ok(results.length > 100)
  assert.deepEqual(
    results.filter((failure) => failure !== undefined),
    [],
  )
})

/** Requests one after the other, each on a new connection; answers the failure of each, or undefined. */
async function requestUntil(url: string, signal: AbortSignal): Promise<(string | undefined)[]> {
  const results: (string | undefined)[] = []
  while (!signal.aborted) {
    results.push(
      await requestOnce(url).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return results
}

const oneShot = new Agent({ keepAlive: false })

function requestOnce(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: oneShot, timeout: 5000 }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`status ${response.statusCode}`))
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')))
    outgoing.on('error', reject).end()
  })
}

test('endpoints in slices say what they are', async (context) => {
  const kubectl = await cluster.namespace(context)
  await webAndClient(kubectl)
  const { items } = await kubectl.get<{ items: EndpointSlice[] }>(
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=web',
  )
  const endpoints = items.flatMap((slice) => slice.endpoints ?? [])
  assert.deepEqual(
    endpoints.map(({ conditions }) => conditions),
    Array(2).fill({ ready: true, serving: true, terminating: false }),
  )
  assert.equal(new Set(endpoints.map(({ nodeName }) => nodeName)).size, 1)
})
