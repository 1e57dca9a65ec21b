import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Logger } from '../../../base/log.ts'
import type { Aggregator } from '../../aggregation/aggregator.ts'
import { proxyUpgrade } from '../../aggregation/proxy.ts'
import { noSuchResource } from '../../handler/refusals.ts'
import type { Registry } from '../../registry/registry.ts'
import { failureOf } from '../failure.ts'
import type { Pipeline } from '../pipeline.ts'
import { routed } from '../route.ts'
import type { KubeletRelay } from './kubelet-relay.ts'

interface UpgradeDeps {
  readonly pipeline: Pipeline
  readonly relay: KubeletRelay
  readonly registry: Registry
  readonly aggregator?: Pick<Aggregator, 'find'> | undefined
  readonly log: Logger
}

const STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy'])

/** An HTTP/1.1 request with Upgrade: let in as any other, then relayed; a refusal is answered on the bare socket. */
export async function upgradeRequest(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  deps: UpgradeDeps,
): Promise<void> {
  const left = new AbortController()
  socket.once('close', () => left.abort())
  try {
    const { method = 'GET', url = '/', headers } = request
    const { info, query, user } = await deps.pipeline.admit({
      method,
      url,
      headers,
      socket: request.socket as TLSSocket,
    })
    const delegated = info.kind === 'resource' ? deps.aggregator?.find(info.group, info.version) : undefined
    if (delegated) {
      const { remote, available } = delegated
      return await proxyUpgrade(request, socket, head, { remote, available, user, signal: left.signal })
    }
    const resource = info.kind === 'resource' ? routed(deps.registry, info) : undefined
    if (info.kind !== 'resource' || !resource || !STREAMS.has(info.subresource)) throw noSuchResource()
    await deps.relay.upgrade(request, socket, head, { info, resource, user, query })
  } catch (error) {
    refuse(socket, error, deps.log)
  }
}

function refuse(socket: Duplex, error: unknown, log: Logger): void {
  const failure = failureOf(error, log)
  const body = JSON.stringify(failure.toStatus())
  socket.end(
    `HTTP/1.1 ${failure.code} ${failure.reason || 'Error'}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
