import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { selfSigned } from './https-api.ts'

export interface WebhookRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** What a webhook says: a value as JSON, or an answer of any kind. */
export type WebhookAnswer = object | { readonly code: number; readonly type?: string; readonly text: string }

export interface WebhookServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** As `caBundle` of its configuration. */
  readonly caBundle: string
  /** What it was asked, in order. */
  readonly requests: WebhookRequest[]
  /** Closes the connections on which nothing is under way. */
  hangUp(): void
}

/** A webhook on loopback, over TLS, that answers as it is told; `hosts` are the names in its certificate. */
export async function startWebhook(
  answer: (request: WebhookRequest) => WebhookAnswer | Promise<WebhookAnswer>,
  hosts?: readonly string[],
): Promise<WebhookServer> {
  const { cert, key } = await selfSigned(hosts)
  const requests: WebhookRequest[] = []
  const respond = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const request = {
      path: message.url ?? '',
      headers: message.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    requests.push(request)
    const said = await answer(request)
    if ('text' in said && 'code' in said) {
      response.writeHead(said.code, { 'content-type': said.type ?? 'text/plain' }).end(said.text)
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
    }
  }
  const server = createServer({ cert, key }, (message, response) => void respond(message, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://127.0.0.1:${port}/convert`,
    caBundle: Buffer.from(cert).toString('base64'),
    requests,
    hangUp: () => server.closeIdleConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
