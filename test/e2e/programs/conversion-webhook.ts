import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

interface CronTab {
  readonly apiVersion: string
  readonly hostPort?: string
  readonly host?: string
  readonly port?: string
}

interface ConversionReview {
  readonly apiVersion: string
  readonly kind: string
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly CronTab[] }
}

/**
 * The conversion webhook of the Kubernetes documentation: CronTabs have `hostPort` in v1beta1, `host` and `port` in v1. What
 * it cannot convert it refuses by name.
 */
export class ConversionWebhook implements AsyncDisposable {
  readonly #server: Server
  /** How many objects each review had, in order. */
  readonly reviews: number[] = []

  constructor(tls: { readonly cert: string; readonly key: string }) {
    this.#server = createServer(tls, (request, response) => void this.#handle(request, response))
  }

  /** The port on loopback. */
  async listen(port = 0): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(port, '127.0.0.1', resolve)
    await promise
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const review = JSON.parse(text) as ConversionReview
    const { uid, objects } = review.request
    this.reviews.push(objects.length)
    const { apiVersion, kind } = review
    const answer = { apiVersion, kind, response: { uid, ...converted(review) } }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }
}

function converted({ request }: ConversionReview): object {
  const { objects, desiredAPIVersion } = request
  const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion))
  const bad = convertedObjects.indexOf(undefined)
  if (bad === -1) return { result: { status: 'Success' }, convertedObjects }
  const message = `cannot split ${JSON.stringify(objects[bad]?.hostPort)}`
  return { result: { status: 'Failed', message } }
}

function convert(object: CronTab, apiVersion: string): object | undefined {
  const { hostPort, host, port, ...rest } = object
  if (apiVersion.endsWith('/v1beta1')) return { ...rest, apiVersion, hostPort: `${host}:${port}` }
  const parts = hostPort?.split(':') ?? []
  return parts.length === 2 ? { ...rest, apiVersion, host: parts[0], port: parts[1] } : undefined
}
