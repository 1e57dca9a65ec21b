import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '../../api/resource.ts'
import { compressed, type Document } from './document.ts'
import { encodeGnostic } from './gnostic.ts'
import { BEARER, GroupVersionDocuments } from './group-version-documents.ts'
import { mergeSwagger } from './merge-swagger.ts'
import { OPERATION_TYPES } from './paths.ts'
import { closureOf, type JsonSchema, schemaOf } from './schemas.ts'

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** What aggregated API servers publish. A new object means that something changed. */
export interface RemoteDocuments {
  /** By path without its leading slash: `apis/metrics.k8s.io/v1beta1`. */
  readonly v3: ReadonlyMap<string, Document>
  /** Whole documents of version 2, with a hash of each. */
  readonly v2: readonly { readonly hash: string; readonly document: JsonSchema }[]
}

export interface OpenApiOptions {
  /** What is served now; a new array means that something changed. */
  readonly served: () => readonly ResourceDefinition[]
  /** `v1.36.0`, shown in the documents. */
  readonly version: string
  readonly remote?: () => RemoteDocuments
}

const NO_REMOTE: RemoteDocuments = { v3: new Map(), v2: [] }

/**
 * The OpenAPI documents of a server, made on first use. When a resource changes, the documents of its group version are
 * made anew and those of all others stay; version 2, which is one document, is put together again when asked for.
 */
export class OpenApi {
  readonly #options: OpenApiOptions
  /** By path, such as `apis/apps/v1`; of what is served now once `#current` was called. */
  #versions = new Map<string, GroupVersionDocuments>()
  #served: readonly ResourceDefinition[] = []
  readonly #whole = new Map<'json' | 'protobuf', Document>()

  constructor(options: OpenApiOptions) {
    this.#options = options
  }

  /** `GET /openapi/v3`: where the document of each group version is, with a hash that changes when it does. */
  index(): { paths: Record<string, { serverRelativeURL: string }> } {
    const hashes = [...this.#current()].map(([path, { hash }]) => [path, hash] as const)
    const remote = [...this.#remote().v3].map(([path, { etag }]) => [path, etag.slice(1, -1)] as const)
    const all = new Map([...remote, ...hashes])
    const entries = [...all].sort(([left], [right]) => (left < right ? -1 : 1))
    return {
      paths: Object.fromEntries(
        entries.map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
      ),
    }
  }

  /** `GET /openapi/v3/apis/G/V`; undefined when nothing of that version is served. */
  v3(groupVersion: GroupVersion): Document | undefined {
    const path = pathOf(groupVersion)
    return this.#current().get(path)?.v3 ?? this.#remote().v3.get(path)
  }

  /** `GET /openapi/v2`: everything in one document, as JSON. */
  v2(): Document {
    return this.#document('json', (document) => Buffer.from(JSON.stringify(document)))
  }

  /** The same in protobuf: content type `V2_PROTOBUF` of negotiate.ts. */
  v2Protobuf(): Document {
    return this.#document('protobuf', encodeGnostic)
  }

  #remote(): RemoteDocuments {
    return this.#options.remote?.() ?? NO_REMOTE
  }

  #current(): ReadonlyMap<string, GroupVersionDocuments> {
    const served = this.#options.served()
    if (served === this.#served) return this.#versions
    const versions = new Map<string, GroupVersionDocuments>()
    for (const [path, resources] of Map.groupBy(served, pathOf)) {
      const known = this.#versions.get(path)
      versions.set(path, known?.isOf(resources) ? known : new GroupVersionDocuments(resources, this.#options.version))
    }
    this.#served = served
    this.#versions = versions
    return versions
  }

  #document(form: 'json' | 'protobuf', encode: (document: JsonSchema) => Uint8Array): Document {
    const hash = createHash('sha512')
    for (const { hash: part } of this.#current().values()) hash.update(part)
    for (const { hash: part } of this.#remote().v2) hash.update(part)
    const digest = hash.digest('hex').toUpperCase()
    const known = this.#whole.get(form)
    if (known?.etag === `"${digest}"`) return known
    const document = compressed(encode(this.#version2()), digest)
    this.#whole.set(form, document)
    return document
  }

  #version2(): JsonSchema {
    const fragments = [...this.#current().values()].map((documents) => documents.fragment())
    const names = closureOf([...new Set([...OPERATION_TYPES, ...fragments.flatMap(({ types }) => types)])])
    const definitions = Object.assign(
      Object.fromEntries(names.map((name) => [name, schemaOf(name, 'v2')])),
      ...fragments.map(({ custom }) => custom),
    )
    const document = {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: this.#options.version },
      paths: Object.assign({}, ...fragments.map(({ paths }) => paths)),
      definitions,
      securityDefinitions: BEARER,
      security: [{ BearerToken: [] }],
    }
    return this.#remote().v2.reduce<JsonSchema>((whole, { document: remote }) => mergeSwagger(whole, remote), document)
  }
}

export const pathOf = ({ group, version }: GroupVersion): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`
