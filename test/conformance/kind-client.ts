import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { apiPath, type ResourceDefinition } from '../../src/api/resource.ts'
import type { Json, WireEvent, WireFormat } from './wire-format.ts'

export const NAMESPACE = 'conformance'

export interface Answer {
  readonly status: number
  readonly object: Json
}

/** Speaks of one kind with a server, in one wire format. */
export class KindClient implements Disposable {
  readonly definition: ResourceDefinition
  readonly format: WireFormat
  readonly port: number
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })

  constructor(port: number, definition: ResourceDefinition, format: WireFormat) {
    this.port = port
    this.definition = definition
    this.format = format
  }

  create(object: Json, query = ''): Promise<Answer> {
    return this.#call('POST', this.#path() + query, this.format.encode(this.definition, object))
  }

  get(name: string): Promise<Answer> {
    return this.#call('GET', this.#path(name))
  }

  update(name: string, object: Json, subresource?: string): Promise<Answer> {
    return this.#call('PUT', this.#path(name, subresource), this.format.encode(this.definition, object))
  }

  /** A patch is JSON in every format; its answer is not. */
  patch(name: string, mediaType: string, body: unknown, query = ''): Promise<Answer> {
    return this.#call('PATCH', this.#path(name) + query, Buffer.from(JSON.stringify(body)), mediaType)
  }

  list(query: string): Promise<Answer> {
    return this.#call('GET', `${this.#path()}?${query}`)
  }

  /** Does not wait for a node to stop a pod. */
  delete(name: string): Promise<Answer> {
    return this.#call('DELETE', `${this.#path(name)}?gracePeriodSeconds=0`)
  }

  /** The events after a revision, until one is a deletion of the named object. */
  async watchUntilDeleted(name: string, revision: string, signal: AbortSignal): Promise<WireEvent[]> {
    const query = `watch=true&resourceVersion=${revision}&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`
    const stream = await this.#open('GET', `${this.#path()}?${query}`, { accept: this.format.watchType }, signal)
    const events: WireEvent[] = []
    let unread = Buffer.alloc(0)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      unread = Buffer.concat([unread, chunk])
      for (let next = this.format.nextEvent(unread); next; next = this.format.nextEvent(unread)) {
        events.push(next.event)
        unread = Buffer.from(next.rest)
        if (next.event.type === 'DELETED' || next.event.type === 'ERROR') return events
      }
    }
    return events
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  #path(name?: string, subresource?: string): string {
    const namespace = this.definition.namespaced ? NAMESPACE : ''
    return apiPath(this.definition, {
      namespace,
      ...(name !== undefined && { name }),
      ...(subresource !== undefined && { subresource }),
    })
  }

  async #call(method: string, path: string, body?: Uint8Array, contentType = this.format.mediaType): Promise<Answer> {
    const headers = { accept: this.format.mediaType, ...(body && { 'content-type': contentType }) }
    const answer = await this.#open(method, path, headers, undefined, body)
    const chunks: Buffer[] = []
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const isFormat = answer.headers['content-type']?.startsWith(this.format.mediaType)
    const object = isFormat ? this.format.decode(bytes) : { text: bytes.toString() }
    return { status: answer.statusCode ?? 0, object }
  }

  async #open(
    method: string,
    path: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
    body?: Uint8Array,
  ): Promise<IncomingMessage> {
    const where = { agent: this.#agent, host: '127.0.0.1', port: this.port, method, path, headers }
    const sent = request({ ...where, ...(signal && { signal }) })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return answer
  }
}
