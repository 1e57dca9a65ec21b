import type { IncomingMessage } from 'node:http'
import type { HTTPGetAction } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerSpec } from '../pods/pod.ts'
import type { ProbeOutcome } from './probe-result.ts'
import { joinHostPort, portNumber } from './probe-result.ts'

const USER_AGENT = 'kube-probe/1.36'
const MAX_BODY_BYTES = 10 * 1024
const MAX_REDIRECTS = 10

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  readonly location: string | undefined
}

/** Where an httpGet action goes; `podIP` unless it names a host. */
export function httpTarget(
  { scheme = 'HTTP', host, port, path = '' }: DeepReadonly<HTTPGetAction>,
  container: ContainerSpec,
  podIP: string,
): URL {
  const address = joinHostPort(host || podIP, portNumber(port, container))
  return new URL(path.startsWith('/') ? path : `/${path}`, `${scheme.toLowerCase()}://${address}`)
}

/** One GET on a connection of its own; certificates are not checked. Rejects with Go's words for what went wrong. */
export async function httpGet(
  url: URL,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`Get "${url}": ${why}`))
    const options = {
      headers,
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeoutMs),
    } as const
    const call = request(url, options, (response) => {
      readBody(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
        (error) => fail(reasonOf(error, url)),
      )
    })
    call.on('error', (error) => fail(reasonOf(error, url)))
    call.end()
  })
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= MAX_BODY_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString()
}

/** A socket error as Go prints it. */
function reasonOf(error: NodeJS.ErrnoException, { host, hostname, port, protocol }: URL): string {
  const address = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : `${hostname}:${port}`
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
  }
  return `dial tcp ${address}: ${socketErrorText(error)}`
}

const SOCKET_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

export function socketErrorText(error: NodeJS.ErrnoException): string {
  return SOCKET_ERRORS[error.code ?? ''] ?? error.message
}

/** The headers of a probe: those given, over the usual ones. A header given with an empty value is left out. */
export function probeHeaders({ httpHeaders = [] }: DeepReadonly<HTTPGetAction>): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*', connection: 'close' }
  for (const { name, value = '' } of httpHeaders) {
    if (value === '') delete headers[name.toLowerCase()]
    else headers[name.toLowerCase()] = value
  }
  return headers
}

/** An HTTP probe: 200–399 is success. Redirects are followed as long as they stay on the same host. */
export async function probeHttp(
  action: DeepReadonly<HTTPGetAction>,
  container: ContainerSpec,
  podIP: string,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  try {
    return await follow(httpTarget(action, container, podIP), probeHeaders(action), timeoutMs)
  } catch (error) {
    return { verdict: 'failure', output: (error as Error).message }
  }
}

async function follow(first: URL, headers: Record<string, string>, timeoutMs: number): Promise<ProbeOutcome> {
  const deadline = performance.now() + timeoutMs
  let url = first
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const { status, body, location } = await httpGet(url, headers, Math.max(1, Math.ceil(deadline - performance.now())))
    if (status < 200 || status >= 400)
      return { verdict: 'failure', output: `HTTP probe failed with statuscode: ${status}` }
    if (status < 300 || location === undefined) return { verdict: 'success', output: body }
    url = new URL(location, url)
    if (url.hostname !== first.hostname) {
      return { verdict: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
    }
  }
  return { verdict: 'failure', output: `Get "${url}": stopped after ${MAX_REDIRECTS} redirects` }
}
