import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UpgradeRefused, upgradeAtRuntime } from './runtime-upgrade.ts'

/** Hop headers and those that the client's SPDY request is made of: these alone go on to the runtime. */
const PASSED = ['connection', 'upgrade', 'x-stream-protocol-version']

/** A client that speaks SPDY itself: its bytes and the runtime's are passed on as they are. */
export async function relaySpdy(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): Promise<void> {
  const headers = Object.fromEntries(PASSED.map((name) => [name, rawValues(request, name)]))
  try {
    const upgraded = await upgradeAtRuntime(url, headers)
    socket.write(statusLine(upgraded.response))
    if (upgraded.head.length > 0) socket.write(upgraded.head)
    if (head.length > 0) upgraded.socket.write(head)
    join(socket, upgraded.socket)
  } catch (error) {
    const status = error instanceof UpgradeRefused ? error.status : 502
    const { message } = error as Error
    socket.end(
      `HTTP/1.1 ${status} Error\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
    )
  }
}

/** Passes bytes both ways until either side ends; both are closed then. */
export function join(a: Duplex, b: Duplex): void {
  const close = (): void => {
    a.destroy()
    b.destroy()
  }
  a.on('error', close).on('close', close)
  b.on('error', close).on('close', close)
  a.pipe(b)
  b.pipe(a)
}

/** A header that was sent on several lines keeps them (sub-protocols, one a line). */
function rawValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.flatMap((value, index) =>
    index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name ? [value] : [],
  )
}

function statusLine({ rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((value, index) => (index % 2 === 1 ? [`${rawHeaders[index - 1]}: ${value}`] : []))
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}
