import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ResourceSchema } from '../../api/schema/schema.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import { encodeGnostic } from './gnostic.ts'
import { listTypeOf, OPERATION_TYPES, pathsOf, typeNameOf } from './paths.ts'
import { closureOf, type Dialect, type JsonSchema, schemaOf } from './schemas.ts'

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** A document as it is kept: its compressed bytes, and a hash of what it is made of, quoted for an ETag. */
export interface Document {
  readonly gzip: Uint8Array
  readonly etag: string
}

/** The bytes of a document, for clients that do not take gzip. */
export const uncompressed = ({ gzip }: Document): Uint8Array => gunzipSync(gzip)

export interface OpenApiOptions {
  /** What is served now; a new array means that something changed. */
  readonly served: () => readonly ResourceSchema[]
  /** `v1.36.0`, shown in the documents. */
  readonly version: string
}

/**
 * The OpenAPI documents of a server, made on first use from the schema table. Only compressed bytes are kept (about
 * 30 KB a group version); documents in use elsewhere belong to their callers.
 */
export class OpenApi {
  readonly #options: OpenApiOptions
  readonly #documents = new Map<string, Document>()
  #served: readonly ResourceSchema[] = []

  constructor(options: OpenApiOptions) {
    this.#options = options
  }

  /** `GET /openapi/v3`: where the document of each group version is, with a hash that changes when it does. */
  index(): { paths: Record<string, { serverRelativeURL: string }> } {
    const versions = new Map(this.#current().map((entry) => [pathOf(entry), entry]))
    const entries = [...versions.entries()].sort(([left], [right]) => (left < right ? -1 : 1))
    return {
      paths: Object.fromEntries(
        entries.map(([path, entry]) => [
          path,
          { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hash(this.#of(entry), 'v3')}` },
        ]),
      ),
    }
  }

  /** `GET /openapi/v3/apis/G/V`; undefined when nothing of that version is served. */
  v3(groupVersion: GroupVersion): Document | undefined {
    const resources = this.#of(groupVersion)
    return resources.length === 0 ? undefined : this.#document(pathOf(groupVersion), resources, 'v3', jsonBytes)
  }

  /** `GET /openapi/v2`: everything in one document, as JSON. */
  v2(): Document {
    return this.#document('v2', this.#current(), 'v2', jsonBytes)
  }

  /** The same in protobuf: content type `V2_PROTOBUF` of negotiate.ts. */
  v2Protobuf(): Document {
    return this.#document('v2 protobuf', this.#current(), 'v2', encodeGnostic)
  }

  #current(): readonly ResourceSchema[] {
    const served = this.#options.served()
    if (served !== this.#served) this.#documents.clear()
    this.#served = served
    return served
  }

  #of({ group, version }: GroupVersion): ResourceSchema[] {
    return this.#current().filter((entry) => entry.group === group && entry.version === version)
  }

  #document(key: string, resources: readonly ResourceSchema[], dialect: Dialect, encode: Encode): Document {
    let document = this.#documents.get(key)
    if (!document) {
      const bytes = encode(documentOf(resources, dialect, this.#options.version))
      document = { gzip: gzipSync(bytes), etag: `"${this.#hash(resources, dialect)}"` }
      this.#documents.set(key, document)
    }
    return document
  }

  /** Of what the document is made of rather than of its bytes: the index needs no document to be built. */
  #hash(resources: readonly ResourceSchema[], dialect: Dialect): string {
    const hash = createHash('sha512').update(`${FORM} ${dialect} ${schemaTable().version} ${this.#options.version}`)
    for (const { group, version, plural, verbs } of resources) hash.update(`${group}/${version}/${plural} ${verbs}\n`)
    return hash.digest('hex').toUpperCase()
  }
}

type Encode = (document: JsonSchema) => Uint8Array

const jsonBytes: Encode = (document) => Buffer.from(JSON.stringify(document))

/** Raise this when the documents are written in another way, so that clients fetch them again. */
const FORM = 1

const pathOf = ({ group, version }: GroupVersion): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

function documentOf(resources: readonly ResourceSchema[], dialect: Dialect, version: string): JsonSchema {
  const info = { title: 'Kubernetes', version }
  const paths = pathsOf(resources, dialect)
  const schemas = Object.fromEntries(closureOf(typesOf(resources)).map((name) => [name, schemaOf(name, dialect)]))
  const bearer = { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' }
  if (dialect === 'v2') {
    const security = { securityDefinitions: { BearerToken: bearer }, security: [{ BearerToken: [] }] }
    return { swagger: '2.0', info, paths, definitions: schemas, ...security }
  }
  return { openapi: '3.0.0', info, paths, components: { schemas, securitySchemes: { BearerToken: bearer } } }
}

function typesOf(resources: readonly ResourceSchema[]): string[] {
  const own = resources.flatMap((resource) => [
    resource.type,
    listTypeOf(resource),
    ...Object.values(resource.subresources).map(typeNameOf),
  ])
  return [...OPERATION_TYPES, ...own.filter((name) => name !== undefined)]
}
