import type { WebSocket } from 'ws'
import { createWebSocketStream } from 'ws'
import { join } from './relay-spdy.ts'
import { spdyHeaders, upgradeAtRuntime } from './runtime-upgrade.ts'

const PREFIX = 'SPDY/3.1+'

/** Sub-protocol of a WebSocket that carries a SPDY connection in its binary messages (KEP-4006). */
export const TUNNEL_PROTOCOL = `${PREFIX}portforward.k8s.io`

/** A WebSocket client's port-forward session: its SPDY bytes, unwrapped, and the runtime's are passed on as they are. */
export async function serveTunnel(socket: WebSocket, url: string): Promise<void> {
  const stream = createWebSocketStream(socket)
  stream.pause()
  try {
    const upgraded = await upgradeAtRuntime(url, spdyHeaders([TUNNEL_PROTOCOL.slice(PREFIX.length)]))
    if (upgraded.head.length > 0) stream.write(upgraded.head)
    join(stream, upgraded.socket)
  } catch (error) {
    socket.close(1011, (error as Error).message.slice(0, 120))
  }
}
