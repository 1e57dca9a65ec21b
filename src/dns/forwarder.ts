import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

/** Asks a name server: the whole message out, the whole answer back. Rejects when none answers in time. */
export type AskUpstream = (message: Uint8Array, overTcp: boolean, signal: AbortSignal) => Promise<Uint8Array>

const ANSWER_MS = 2000
const MAX_TCP_BYTES = 65_535

/** Servers of a resolv.conf text, in order. `own` are addresses to leave out: asking oneself is a loop. */
export function nameserversOf(resolvConf: string, own: readonly string[]): string[] {
  return resolvConf
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+([^\s%#]+)/.exec(line)?.[1] ?? [])
    .filter((server) => !own.includes(server))
}

/** Asks the servers in order until one answers; a truncated UDP answer is passed on for the client to retry over TCP. */
export function upstreamOf(servers: readonly string[], port = 53): AskUpstream {
  return async (message, overTcp, signal) => {
    let last: unknown = new Error('no name server is configured')
    for (const server of servers) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
      try {
        return await (overTcp ? askTcp : askUdp)(server, port, message, deadline)
      } catch (error) {
        last = error
        if (signal.aborted) break
      }
    }
    throw last
  }
}

/** A socket of its own per question: its random port, with the message's id, guards against forged answers. */
function askUdp(server: string, port: number, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4')
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      socket.close()
      settle()
    }
    const onAbort = (): void => finish(() => reject(new Error(`name server ${server} did not answer`)))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error) => finish(() => reject(error)))
    socket.on('message', (answer) => {
      if (answer[0] === message[0] && answer[1] === message[1]) finish(() => resolve(answer))
    })
    socket.connect(port, server, () => socket.send(message))
  })
}

function askTcp(server: string, port: number, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port, signal })
    let received = Buffer.alloc(0)
    socket.on('connect', () => socket.write(framed(message)))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = received.length >= 2 ? received.readUInt16BE(0) : MAX_TCP_BYTES
      if (received.length < length + 2) return
      resolve(received.subarray(2, length + 2))
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`name server ${server} closed the connection`)))
  })
}

/** A message with its length in front, as DNS over TCP sends it (RFC 1035 §4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
