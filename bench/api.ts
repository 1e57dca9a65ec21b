/**
 * How many requests a second an API server takes: creates and gets of 1 KB ConfigMaps over TLS.
 * `tools/run bench/api.ts --kubeconfig FILE [--connections 32] [--seconds 5] [--http2]`
 */
import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Agent, request } from 'node:https'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? '' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    http2: { type: 'boolean', default: false },
  },
})
const connections = Number(values.connections)
const namespace = `bench-${process.pid}`
const padding = 'x'.repeat(800)

interface Target {
  readonly origin: string
  readonly tls: { ca: Buffer; cert: Buffer; key: Buffer }
}

/** Sends one request; resolves with its status when the answer is complete. */
type Send = (method: string, path: string, body?: string) => Promise<number>

function targetOf(file: string): Target {
  const config = parse(readFileSync(file, 'utf8'))
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  const data = (name: string, from: Record<string, string>) => Buffer.from(from[name] ?? '', 'base64')
  return {
    origin: cluster.server,
    tls: {
      ca: data('certificate-authority-data', cluster),
      cert: data('client-certificate-data', user),
      key: data('client-key-data', user),
    },
  }
}

function sendByHttp1({ origin, tls }: Target): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...tls })
  const { hostname, port } = new URL(origin)
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
      const sent = request({ agent, hostname, port, method, path, headers: length }, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      })
      sent.on('error', reject)
      sent.end(body)
    })
}

function sendByHttp2({ origin, tls }: Target): Send {
  const session: ClientHttp2Session = connect(origin, tls)
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      let status = 0
      const stream = session.request({ ':method': method, ':path': path, 'content-type': 'application/json' })
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0
      })
      stream.on('error', reject)
      stream.on('end', () => resolve(status))
      stream.resume()
      stream.end(body)
    })
}

/** Runs `one` on every connection for the given time and prints the rate and the slowest percent. */
async function measure(name: string, senders: readonly Send[], one: (send: Send, index: number) => Promise<number>) {
  const latencies: number[] = []
  const failures = new Map<number, number>()
  let index = 0
  const start = performance.now()
  const end = start + Number(values.seconds) * 1000
  const worker = async (send: Send) => {
    while (performance.now() < end) {
      const before = performance.now()
      const status = await one(send, index++)
      latencies.push(performance.now() - before)
      if (status >= 300) failures.set(status, (failures.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(senders.map(worker))
  const seconds = (performance.now() - start) / 1000
  latencies.sort((left, right) => left - right)
  const percentile = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(1)
  const failed = failures.size === 0 ? '' : ` failed: ${JSON.stringify(Object.fromEntries(failures))}`
  const rate = Math.round(latencies.length / seconds)
  process.stdout.write(`${name}: ${rate}/s, median ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms${failed}\n`)
}

const target = targetOf(values.kubeconfig)
const senders = Array.from({ length: connections }, () => (values.http2 ? sendByHttp2(target) : sendByHttp1(target)))
const [first] = senders as [Send, ...Send[]]
const metadata = (name: string) => ({ metadata: { name } })
await first('POST', '/api/v1/namespaces', JSON.stringify(metadata(namespace)))
const maps = `/api/v1/namespaces/${namespace}/configmaps`
const body = (index: number) => JSON.stringify({ ...metadata(`map-${index}`), data: { padding } })
await measure('creates', senders, (send, index) => send('POST', maps, body(index)))
await measure('gets', senders, (send, index) => send('GET', `${maps}/map-${index % 1000}`))
await first('DELETE', maps)
await first('DELETE', `/api/v1/namespaces/${namespace}`)
process.exit(0)
