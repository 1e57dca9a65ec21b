import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { bodyFraming } from '../http/body-framing.ts'
import type { Exchange, ResponseHeaders } from '../http/exchange.ts'
import type { UserInfo } from '../request.ts'
import { goErrorText } from '../webhooks/go-error-text.ts'
import type { Delegation } from './aggregator.ts'
import { identityHeaders, passedOn } from './identity-headers.ts'
import type { RemoteService } from './remote-service.ts'

export interface ProxiedFor {
  readonly user: UserInfo
  /** The backend's audit log has the request under the same identifier. */
  readonly auditId: string
}

/** Passes a request on to the backend of its group version and streams the answer back, as it comes, however long. */
export async function proxyRequest(
  exchange: Exchange,
  remote: RemoteService,
  { user, auditId }: ProxiedFor,
): Promise<void> {
  const endpoint = remote.endpoint()
  if (!('address' in endpoint)) return unavailable(exchange)
  const { method, url } = exchange
  const headers = {
    ...passedOn(exchange.headers),
    ...bodyFraming(exchange),
    ...identityHeaders(user),
    'audit-id': auditId,
    'x-forwarded-for': forwardedFor(exchange),
  }
  const onward = remote.open({ ...endpoint, method, path: url, headers }, exchange.signal)
  const answered = responseOf(onward)
  exchange.incoming.pipe(onward)
  let answer: IncomingMessage
  try {
    answer = await answered
  } catch (error) {
    exchange.incoming.resume() // what is still to come of the body is for nobody
    if (exchange.signal.aborted) throw error
    return plainText(exchange, 503, `error trying to reach service: ${goErrorText(error)}\n`)
  }
  if (!isRedirect(answer)) return copyAnswer(exchange, answer)
  answer.destroy()
  plainText(exchange, 502, 'the backend attempted to redirect this request, which is not permitted')
}

/** Where to, the backend alone would decide, with our identity and that of the user. */
const isRedirect = ({ statusCode = 0, headers }: IncomingMessage): boolean =>
  statusCode >= 300 && statusCode < 400 && Boolean(headers.location)

/** The addresses that a request came through, the last one's added. */
function forwardedFor({ headers, socket }: Pick<Exchange, 'headers' | 'socket'>): string {
  const before = headers['x-forwarded-for']
  return [...(before === undefined ? [] : [before].flat()), socket.remoteAddress ?? ''].join(', ')
}

/** 503 in the words of upstream's proxy, which answers in plain text. */
export const unavailable = (exchange: Exchange): void => plainText(exchange, 503, 'service unavailable\n')

function plainText(exchange: Exchange, code: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  exchange.respond(code, headers, text)
}

function responseOf(onward: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  onward.on('response', resolve)
  onward.on('error', reject)
  return promise
}

async function copyAnswer(exchange: Exchange, answer: IncomingMessage): Promise<void> {
  const stream = exchange.stream(answer.statusCode ?? 502, passedOn(answer.headers) as ResponseHeaders)
  try {
    for await (const chunk of answer) {
      stream.write(chunk as Buffer)
      await stream.drained()
    }
    stream.end()
  } catch {
    stream.destroy() // the far end broke off: the client must not take this for the whole answer
  }
}

/** Joins the connection of a request with Upgrade to one of the backend's; 503 on the bare socket when that is away. */
export async function proxyUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { remote, available, user, signal }: Delegation & { user: UserInfo; signal: AbortSignal },
): Promise<void> {
  const endpoint = remote.endpoint()
  if (!available || !('address' in endpoint)) return refuse(socket, 'service unavailable\n')
  const identity = identityHeaders(user)
  const headers = { ...passedOn(request.headers), ...identity, connection: 'Upgrade', upgrade: request.headers.upgrade }
  const { method = 'GET', url = '/' } = request
  const onward = remote.open({ ...endpoint, method, path: url, headers, alone: true }, signal)
  const { promise, resolve } = Promise.withResolvers<void>()
  onward.on('upgrade', (answer, far, farHead) => {
    join(socket, head, answer, far, farHead)
    resolve()
  })
  onward.on('response', (answer) => {
    socket.write(headOf(answer))
    answer.pipe(socket)
    resolve()
  })
  onward.on('error', (error) => {
    refuse(socket, `${goErrorText(error)}\n`)
    resolve()
  })
  onward.end()
  await promise
}

function refuse(socket: Duplex, text: string): void {
  const length = Buffer.byteLength(text)
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${length}\r\nconnection: close\r\n\r\n${text}`,
  )
}

function join(socket: Duplex, head: Buffer, answer: IncomingMessage, far: Duplex, farHead: Buffer): void {
  socket.write(headOf(answer))
  if (farHead.length > 0) socket.write(farHead)
  if (head.length > 0) far.write(head)
  far.on('error', () => socket.destroy())
  socket.on('error', () => far.destroy())
  socket.on('close', () => far.destroy())
  far.on('close', () => socket.end())
  far.pipe(socket)
  socket.pipe(far)
}

/** The answer's head as it came: a body, if there is one, is closed by the connection's end. */
function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!/^transfer-encoding$/i.test(rawHeaders[at] as string))
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`)
  }
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`
}
