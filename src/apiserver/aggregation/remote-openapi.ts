import type { Logger } from '../../base/log.ts'
import { compressed, type Document, LazyDocument, uncompressed } from '../openapi/document.ts'
import { encodeVersion3 } from '../openapi/gnostic/version3.ts'
import type { JsonSchema } from '../openapi/schemas.ts'
import type { RemoteDocuments } from '../openapi/snapshot.ts'
import type { RemoteService } from './remote-service.ts'

interface Held {
  readonly v3?: Document
  readonly v2?: { readonly hash: string; readonly document: JsonSchema }
}

interface Index {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL: string }>>
}

const TIMEOUT_MS = 10_000

/** What aggregated servers publish of their group versions in OpenAPI, fetched again only when their ETags change. */
export class RemoteOpenApi {
  readonly #held = new Map<string, Held>()
  #documents: RemoteDocuments | undefined

  /** A new object whenever something changed. */
  documents(): RemoteDocuments {
    const held = [...this.#held]
    this.#documents ??= {
      v3: new Map(held.flatMap(([path, { v3 }]) => (v3 ? [[path, v3] as const] : []))),
      v2: held.flatMap(([, { v2 }]) => v2 ?? []),
    }
    return this.#documents
  }

  drop(path: string): void {
    if (this.#held.delete(path)) this.#documents = undefined
  }

  /** Looks at a backend's documents. Never rejects but for the signal: a backend need not publish any. */
  async update(remote: RemoteService, log: Logger, signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    const known = this.#held.get(remote.path) ?? {}
    try {
      const [v3, v2] = await Promise.all([version3(remote, known.v3, deadline), version2(remote, known.v2, deadline)])
      if (v3 === known.v3 && v2 === known.v2) return
      this.#held.set(remote.path, { ...(v3 && { v3 }), ...(v2 && { v2 }) })
      this.#documents = undefined
    } catch (error) {
      signal.throwIfAborted()
      log.warn('the OpenAPI documents of an aggregated API could not be read', { apiService: remote.name, error })
    }
  }
}

async function version3(remote: RemoteService, known: Document | undefined, signal: AbortSignal) {
  const index = await read(remote, '/openapi/v3', {}, signal)
  if (index?.code !== 200) return undefined
  const { paths = {} } = JSON.parse(index.body.toString()) as Index
  const url = paths[remote.path]?.serverRelativeURL
  if (!url) return undefined
  const hash = new URLSearchParams(url.split('?')[1]).get('hash') ?? ''
  if (known && known.etag === `"${hash}"`) return known
  const answer = await read(remote, url, { accept: 'application/json' }, signal)
  return answer?.code === 200 ? keptDocument(hash, answer.body) : undefined
}

/** Backends are asked for JSON; the protobuf form is made of it for those who want it. */
async function keptDocument(hash: string, json: Uint8Array): Promise<Document> {
  const gzip = await compressed(json)
  return new LazyDocument(hash, async (form) => {
    if (form === 'json') return gzip
    const document = JSON.parse(Buffer.from(await uncompressed(gzip)).toString()) as JsonSchema
    return compressed(encodeVersion3(document))
  })
}

async function version2(remote: RemoteService, known: Held['v2'], signal: AbortSignal): Promise<Held['v2']> {
  const headers = { accept: 'application/json', ...(known && { 'if-none-match': known.hash }) }
  const answer = await read(remote, '/openapi/v2', headers, signal)
  if (answer?.code === 304) return known
  if (answer?.code !== 200) return undefined
  const whole = JSON.parse(answer.body.toString()) as JsonSchema
  return { hash: answer.etag ?? answer.body.toString('base64').slice(0, 64), document: ownPaths(whole, remote.path) }
}

/** Of the paths only the group version's own: a backend may not speak for others. */
function ownPaths(document: JsonSchema, path: string): JsonSchema {
  const paths = Object.entries((document.paths ?? {}) as JsonSchema)
  return { ...document, paths: Object.fromEntries(paths.filter(([at]) => at.startsWith(`/${path}/`))) }
}

async function read(remote: RemoteService, path: string, headers: Record<string, string>, signal: AbortSignal) {
  const endpoint = remote.endpoint()
  return 'address' in endpoint ? remote.read(endpoint.address, path, headers, signal) : undefined
}
