import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issueCertificate } from '../../src/apiserver/pki/issue.ts'
import type { Target } from './target.ts'

const SERVE = 'serve'

export interface BareServer extends Disposable {
  readonly target: Target
  readonly pid: number
}

/**
 * A Node.js TLS server that answers every request with the same so many bytes: the most that any server on this runtime and machine
 * can do, and so the measure for ours. On loopback, in a process of its own, as an API server is.
 */
export async function startBareServer(http2: boolean, bytes: number): Promise<BareServer> {
  const child = fork(new URL(import.meta.url), [SERVE, http2 ? 'h2' : 'h1', String(bytes)])
  const [port] = (await once(child, 'message')) as [number]
  return {
    target: { host: '127.0.0.1', port, tls: { rejectUnauthorized: false } },
    pid: child.pid as number,
    [Symbol.dispose]: () => void child.kill(),
  }
}

async function serve(http2: boolean, bytes: number): Promise<void> {
  const body = Buffer.alloc(bytes, 'x')
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'bare' }
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
  const cert = await issueCertificate(
    { subject, publicKey, usages: ['server'], hosts: ['127.0.0.1'], ...validity },
    { subject, key: privateKey },
  )
  const tls = { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
  const headers = { 'content-type': 'application/json', 'content-length': bytes }
  const server = http2
    ? createSecureServer(tls).on('session', (session) => {
        session.on('stream', (stream) => {
          stream.respond({ ':status': 200, ...headers })
          stream.end(body)
        })
      })
    : createServer(tls, (_request, response) => response.writeHead(200, headers).end(body))
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

if (process.argv[2] === SERVE) await serve(process.argv[3] === 'h2', Number(process.argv[4]))
