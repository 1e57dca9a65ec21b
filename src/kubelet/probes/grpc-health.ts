import type { ServiceError } from '@grpc/grpc-js'
import { openChannel } from '../cri/grpc-channel.ts'
import { goDurationMs } from '../pods/back-off.ts'
import type { ProbeOutcome } from './probe-result.ts'
import { joinHostPort } from './probe-result.ts'

const PROTO = new URL('./health.proto', import.meta.url)
const [DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAVAILABLE] = [4, 12, 14]

/** A gRPC probe: success when the health service answers SERVING. */
export async function probeGrpc(
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const address = joinHostPort(host, port)
  const channel = await openChannel({ proto: PROTO, service: 'grpc.health.v1.Health', address })
  try {
    const options = { signal, deadlineMs: timeoutMs }
    const { status } = await channel.unary<{ status: string }>('Check', { service }, options)
    if (status === 'SERVING') return { verdict: 'success', output: 'service healthy' }
    return { verdict: 'failure', output: `service unhealthy (responded with "${status}")` }
  } catch (error) {
    if (signal.aborted) throw error
    return { verdict: 'failure', output: failureText(error as ServiceError, address, timeoutMs) }
  } finally {
    channel.close()
  }
}

function failureText({ code, details }: ServiceError, address: string, timeoutMs: number): string {
  const limit = goDurationMs(timeoutMs)
  if (code === UNIMPLEMENTED) {
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${details}`
  }
  if (code === DEADLINE_EXCEEDED) return `timeout: health rpc did not complete within ${limit}`
  if (code === UNAVAILABLE)
    return `timeout: failed to connect service "${address}" within ${limit}: context deadline exceeded`
  return `error: health rpc probe failed: ${details}`
}
