import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { request } from '../../../base/node-http.ts'

/** The runtime's streaming server took the upgrade: an open connection, and what came with the answer. */
export interface Upgraded {
  readonly socket: Duplex
  readonly head: Buffer
  readonly response: IncomingMessage
}

/** It did not; `message` has its words. */
export class UpgradeRefused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'UpgradeRefused'
    this.status = status
  }
}

const CONNECT_MS = 10_000

/** Upgrades a connection to a session URL that the runtime gave (CRI: ExecResponse.url and the like). */
export function upgradeAtRuntime(url: string, headers: IncomingHttpHeaders): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, timeout: CONNECT_MS })
    outgoing.on('upgrade', (response, socket, head) => {
      socket.setTimeout(0)
      resolve({ socket, head, response })
    })
    outgoing.on('response', (response) => void refusal(response).then(reject))
    outgoing.on('timeout', () => outgoing.destroy(new Error('the runtime did not answer in time')))
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function refusal(response: IncomingMessage): Promise<UpgradeRefused> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) if (text.length < 4000) text += chunk
  return new UpgradeRefused(response.statusCode ?? 500, text.trim() || 'the runtime refused the stream')
}

/** Headers that ask a streaming server for SPDY with one of these sub-protocols. */
export function spdyHeaders(protocols: readonly string[]): IncomingHttpHeaders & Record<string, string | string[]> {
  return { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': [...protocols] }
}
