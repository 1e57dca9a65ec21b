import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { Packet, RecordType } from 'dns-packet'
import * as dnsPacket from 'dns-packet'
import type { Service } from '../api/types/core.v1.ts'
import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { AnswerCache } from './answer-cache.ts'
import { DnsServer } from './dns-server.ts'
import { framed, nameserversOf } from './forwarder.ts'
import type { ClusterView } from './names.ts'
import { BY_ADDRESS } from './names.ts'
import { Resolver } from './resolver.ts'

const meta = (name: string, labels = {}) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels,
})

const service = (name: string, spec: Service['spec']): Service => ({ metadata: meta(name), spec, status: {} })

const services = [
  service('web', {
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
  service('empty', { clusterIP: 'None', clusterIPs: ['None'] }),
  service('far', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
]

const slice: EndpointSlice = {
  metadata: meta('db-1', { 'kubernetes.io/service-name': 'db' }),
  addressType: 'IPv4',
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.6'], conditions: { ready: true } },
    { addresses: ['10.244.0.7'], conditions: { ready: false } },
  ],
}

const view: ClusterView = {
  services: {
    get: ({ name, namespace }) =>
      namespace === 'shop' ? services.find((entry) => entry.metadata.name === name) : undefined,
    by: (_index, value) => services.filter((entry) => entry.spec.clusterIPs?.includes(value)),
  },
  endpointSlices: {
    by: (index, value) => {
      const matches =
        index === BY_ADDRESS ? slice.endpoints?.some(({ addresses }) => addresses.includes(value)) : value === 'shop/db'
      return matches ? [slice] : []
    },
  },
  namespaceExists: (name) => name === 'shop',
}

function resolver(
  askUpstream = async (_message: Uint8Array): Promise<Uint8Array> => Promise.reject(new Error('unreachable')),
) {
  return new Resolver({ view, domain: 'cluster.local', askUpstream, cache: new AnswerCache(systemClock) })
}

const question = (name: string, type: RecordType): Buffer =>
  dnsPacket.encode({ type: 'query', id: 7, flags: dnsPacket.RECURSION_DESIRED, questions: [{ name, type }] })

async function ask(name: string, type: RecordType) {
  const reply = await resolver().answer(question(name, type), true, AbortSignal.timeout(1000))
  return dnsPacket.decode(Buffer.from(reply as Uint8Array)) as unknown as Packet & { rcode: string }
}

const text = (packet: Packet): string[] =>
  (packet.answers ?? []).map((answer) => {
    const data = 'data' in answer ? answer.data : ''
    return `${answer.type} ${answer.type === 'SRV' ? `${answer.data.port} ${answer.data.target}` : String(data)}`
  })

const cases: [name: string, type: RecordType, rcode: string, answers: string[]][] = [
  ['web.shop.svc.cluster.local', 'A', 'NOERROR', ['A 10.96.0.9']],
  ['WEB.Shop.svc.cluster.local', 'A', 'NOERROR', ['A 10.96.0.9']],
  ['web.shop.svc.cluster.local', 'AAAA', 'NOERROR', []],
  ['_http._tcp.web.shop.svc.cluster.local', 'SRV', 'NOERROR', ['SRV 80 web.shop.svc.cluster.local']],
  ['_ftp._tcp.web.shop.svc.cluster.local', 'SRV', 'NXDOMAIN', []],
  ['db.shop.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.0.5', 'A 10.244.0.6']],
  ['db-0.db.shop.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.0.5']],
  ['10-244-0-6.db.shop.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.0.6']],
  ['10-244-0-7.db.shop.svc.cluster.local', 'A', 'NXDOMAIN', []],
  [
    '_sql._tcp.db.shop.svc.cluster.local',
    'SRV',
    'NOERROR',
    ['SRV 5432 db-0.db.shop.svc.cluster.local', 'SRV 5432 10-244-0-6.db.shop.svc.cluster.local'],
  ],
  ['empty.shop.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['far.shop.svc.cluster.local', 'A', 'NOERROR', ['CNAME web.shop.svc.cluster.local', 'A 10.96.0.9']],
  ['nobody.shop.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['shop.svc.cluster.local', 'A', 'NOERROR', []],
  ['10-1-2-3.shop.pod.cluster.local', 'A', 'NOERROR', ['A 10.1.2.3']],
  ['10-1-2-3.nowhere.pod.cluster.local', 'A', 'NXDOMAIN', []],
  ['9.0.96.10.in-addr.arpa', 'PTR', 'NOERROR', ['PTR web.shop.svc.cluster.local']],
  ['5.0.244.10.in-addr.arpa', 'PTR', 'NOERROR', ['PTR db-0.db.shop.svc.cluster.local']],
  ['dns-version.cluster.local', 'TXT', 'NOERROR', ['TXT 1.1.0']],
  ['example.org', 'A', 'SERVFAIL', []],
]

for (const [name, type, rcode, answers] of cases) {
  test(`DNS: ${type} ${name} → ${rcode} ${answers.join(', ')}`, async () => {
    const reply = await ask(name, type)
    assert.deepEqual({ rcode: reply.rcode, answers: text(reply) }, { rcode, answers })
  })
}

test('DNS: a name that is not there comes with an SOA, so that it may be remembered as such', async () => {
  const { authorities } = await ask('nobody.shop.svc.cluster.local', 'A')
  assert.equal(authorities?.[0]?.type, 'SOA')
})

test('DNS: upstream is asked once, and its refusals are remembered too', async () => {
  let asked = 0
  const subject = resolver(async (message) => {
    asked++
    const { id, questions } = dnsPacket.decode(Buffer.from(message))
    const data = { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 }
    const authorities = [{ type: 'SOA' as const, name: 'org', ttl: 60, data }]
    return dnsPacket.encode({ type: 'response', id: id ?? 0, flags: 3, questions: questions ?? [], authorities })
  })
  const signal = AbortSignal.timeout(1000)
  await subject.answer(question('nobody.example.org', 'A'), false, signal)
  const second = await subject.answer(question('nobody.example.org', 'A'), false, signal)
  assert.deepEqual([asked, dnsPacket.decode(Buffer.from(second as Uint8Array)).id], [1, 7])
})

test('DNS: what is not a question gets no answer', async () => {
  assert.equal(await resolver().answer(Buffer.from('not dns'), false, AbortSignal.timeout(1000)), undefined)
})

test('DNS: its own addresses are left out of the name servers', () => {
  assert.deepEqual(nameserversOf('# none\nnameserver 10.96.0.10\nnameserver 192.0.2.1\nsearch a\n', ['10.96.0.10']), [
    '192.0.2.1',
  ])
})

test('DNS: one port serves UDP and TCP, several questions on one connection', async () => {
  await using server = await DnsServer.listen({
    address: '127.0.0.1',
    port: 0,
    resolver: resolver(),
    log: silentLogger,
  })
  const udp = createSocket('udp4')
  udp.send(question('web.shop.svc.cluster.local', 'A'), server.port, '127.0.0.1')
  const [overUdp] = await once(udp, 'message')
  udp.close()
  assert.deepEqual(text(dnsPacket.decode(overUdp)), ['A 10.96.0.9'])

  const tcp = connect(server.port, '127.0.0.1')
  const message = framed(question('web.shop.svc.cluster.local', 'A'))
  tcp.write(Buffer.concat([message, message]))
  let received = Buffer.alloc(0)
  for await (const chunk of tcp) {
    received = Buffer.concat([received, chunk])
    if (received.length >= 2 * (received.readUInt16BE(0) + 2)) break
  }
  assert.deepEqual(text(dnsPacket.decode(received.subarray(2))), ['A 10.96.0.9'])
})
