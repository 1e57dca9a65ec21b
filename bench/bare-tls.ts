/**
 * A Node.js TLS server that answers every request with the same 1 KB: the most that any server on this runtime and machine
 * can do, and so the measure for ours. In a process of its own, as an API server is.
 *
 *     tools/run bench/bare-tls.ts [--connections 32] [--seconds 5] [--http2]
 */
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { issueCertificate } from '../src/apiserver/pki/issue.ts'
import { type Load, measure, openSenders, type Rate, type Send, type Target } from './load.ts'

const SERVE = 'serve'
const ANSWER = Buffer.from(JSON.stringify({ data: { padding: 'x'.repeat(1_000) } }))

/** What such a server takes. */
export async function measureBareServer(load: Load): Promise<Rate> {
  const { target, pid, stop } = await startBareServer(load.http2)
  const senders = openSenders(target, load)
  const one = (send: Send) => send('GET', '/')
  const rate = await measure({ name: 'bare TLS server', senders, seconds: load.seconds, pid, one })
  stop()
  return rate
}

/** Starts one on loopback, in a child process. */
async function startBareServer(http2: boolean): Promise<{ target: Target; pid: number; stop: () => void }> {
  const child = fork(new URL(import.meta.url), [SERVE, http2 ? 'h2' : 'h1'])
  const [port] = (await once(child, 'message')) as [number]
  const target = { origin: `https://127.0.0.1:${port}`, tls: { rejectUnauthorized: false } }
  return { target, pid: child.pid as number, stop: () => child.kill() }
}

async function serve(http2: boolean): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'bare' }
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
  const cert = await issueCertificate(
    { subject, publicKey, usages: ['server'], hosts: ['127.0.0.1'], ...validity },
    { subject, key: privateKey },
  )
  const tls = { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
  const headers = { 'content-type': 'application/json', 'content-length': ANSWER.length }
  const server = http2
    ? createSecureServer(tls).on('stream', (stream) => {
        stream.respond({ ':status': 200, ...headers })
        stream.end(ANSWER)
      })
    : createServer(tls, (_request, response) => response.writeHead(200, headers).end(ANSWER))
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '32' },
      seconds: { type: 'string', default: '5' },
      http2: { type: 'boolean', default: false },
    },
  })
  const load = { connections: Number(values.connections), seconds: Number(values.seconds), http2: values.http2 }
  await measureBareServer(load)
  process.exit(0)
}

if (process.argv[2] === SERVE) await serve(process.argv[3] === 'h2')
else if (import.meta.main) await run()
