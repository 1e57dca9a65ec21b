import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Agent, request } from 'node:https'
import type { SecureContextOptions } from 'node:tls'

/** Where requests go, and what TLS shows and trusts there. */
export interface Target {
  readonly origin: string
  readonly tls: SecureContextOptions & { readonly rejectUnauthorized?: boolean }
}

/** Sends one request, its body in JSON unless it is said to be something else; resolves with the status of the whole answer. */
export type Send = (method: string, path: string, body?: string, contentType?: string) => Promise<number>

const JSON_TYPE = 'application/json'

export interface Load {
  readonly connections: number
  readonly seconds: number
  readonly http2: boolean
}

export interface Rate {
  readonly perSecond: number
  /** Processor time of the server for one request, all its threads; the machine's other load hardly changes it. */
  readonly cpuMicros: number | undefined
  readonly medianMs: number
  readonly p99Ms: number
}

/** One connection each. */
export const openSenders = (target: Target, { connections, http2 }: Load): Send[] =>
  Array.from({ length: connections }, () => (http2 ? sendByHttp2(target) : sendByHttp1(target)))

function sendByHttp1({ origin, tls }: Target): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...tls })
  const { hostname, port } = new URL(origin)
  return (method, path, body, contentType = JSON_TYPE) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-type': contentType, 'content-length': body.length }
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
  return (method, path, body, contentType = JSON_TYPE) =>
    new Promise((resolve, reject) => {
      let status = 0
      const stream = session.request({ ':method': method, ':path': path, 'content-type': contentType })
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0
      })
      stream.on('error', reject)
      stream.on('end', () => resolve(status))
      stream.resume()
      stream.end(body)
    })
}

const TICK_MICROS = 10_000

/** What a process has used of the processor so far. */
function cpuMicrosOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS
}

export interface Measured {
  readonly name: string
  readonly senders: readonly Send[]
  readonly seconds: number
  /** The server's process, where that is on this machine. */
  readonly pid: number | undefined
  one(send: Send, index: number): Promise<number>
}

/** Runs `one` on every connection for the given time and prints the rate and the slowest percent. */
export async function measure({ name, senders, seconds, pid, one }: Measured): Promise<Rate> {
  const latencies: number[] = []
  const failures = new Map<number, number>()
  let index = 0
  const cpuBefore = pid && cpuMicrosOf(pid)
  const start = performance.now()
  const end = start + seconds * 1000
  const worker = async (send: Send) => {
    while (performance.now() < end) {
      const before = performance.now()
      const status = await one(send, index++)
      latencies.push(performance.now() - before)
      if (status >= 300) failures.set(status, (failures.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(senders.map(worker))
  const perSecond = Math.round(latencies.length / ((performance.now() - start) / 1000))
  latencies.sort((left, right) => left - right)
  const percentile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  const cpuMicros = pid && (cpuMicrosOf(pid) - (cpuBefore as number)) / latencies.length
  const rate = { perSecond, cpuMicros, medianMs: percentile(0.5), p99Ms: percentile(0.99) }
  const failed = failures.size === 0 ? '' : ` failed: ${JSON.stringify(Object.fromEntries(failures))}`
  const times = `median ${rate.medianMs.toFixed(1)} ms, p99 ${rate.p99Ms.toFixed(1)} ms`
  const cpu = cpuMicros === undefined ? '' : `, ${cpuMicros.toFixed(0)} µs of processor each`
  process.stdout.write(`${name}: ${perSecond}/s, ${times}${cpu}${failed}\n`)
  return rate
}
