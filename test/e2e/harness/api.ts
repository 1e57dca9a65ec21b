import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { parse } from 'yaml'

export interface ApiAnswer {
  readonly status: number
  readonly text: string
}

export interface ApiRequest {
  readonly method?: string
  readonly path: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Where the API server is, its certificate authority, and the client's certificate and key. */
export interface ApiConnection {
  readonly hostname: string
  readonly port: number
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** Requests that kubectl would not send, with the administrator's certificate. */
export class Api {
  /** For those who connect themselves. */
  readonly connection: ApiConnection
  readonly #agent: Agent

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as {
      clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
      users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }]
    }
    const { hostname, port } = new URL(clusters[0].cluster.server)
    const decoded = (text: string): Buffer => Buffer.from(text, 'base64')
    this.connection = {
      hostname,
      port: Number(port),
      ca: decoded(clusters[0].cluster['certificate-authority-data']),
      cert: decoded(users[0].user['client-certificate-data']),
      key: decoded(users[0].user['client-key-data']),
    }
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ...this.connection })
  }

  send({ method = 'GET', path, body, headers = {} }: ApiRequest): Promise<ApiAnswer> {
    // Node.js frames bodies of its own accord only where a method usually has one: not for DELETE.
    const framing = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { ...this.connection, agent: this.#agent, method, path, headers: { ...headers, ...framing } }
    return new Promise((resolve, reject) => {
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  /** JSON there and back. */
  async json<T>(method: string, path: string, body?: unknown): Promise<{ status: number; object: T }> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await this.send({ method, path, headers, ...(text !== undefined && { body: text }) })
    return { status: answer.status, object: JSON.parse(answer.text) as T }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
