import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '../../api/resource.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import { type Document, type Form, hashOf, LazyDocument } from './document.ts'
import { generalPaths, writtenPaths } from './general-paths.ts'
import { FORM, GroupVersionDocuments } from './group-version-documents.ts'
import { additionsOf } from './merge-swagger.ts'
import { closureOf, type JsonSchema, schemaOf } from './schemas.ts'
import { Version2Frame } from './version2.ts'
import { type Version2Part, version2Part } from './version2-part.ts'
import { version3Document } from './version3.ts'

/** What aggregated API servers publish. A new object means that something changed. */
export interface RemoteDocuments {
  /** By path without its leading slash: `apis/metrics.k8s.io/v1beta1`. */
  readonly v3: ReadonlyMap<string, Document>
  /** Whole documents of version 2, with a hash of each. */
  readonly v2: readonly { readonly hash: string; readonly document: JsonSchema }[]
}

/** `GET /openapi/v3`: where each document is, with a hash in the address that changes when the document does. */
export interface OpenApiIndex {
  /** Quoted. */
  readonly etag: string
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>
}

/** What surrounds the parts of version 2. */
interface Frame {
  /** Of what it is made of. */
  readonly hash: string
  /** Names of the definitions in it. */
  readonly types: ReadonlySet<string>
  readonly frame: Version2Frame
}

/** All documents of what is served at one time. */
export class Snapshot {
  readonly v3: ReadonlyMap<string, Document>
  readonly v2: Document
  readonly #served: readonly ResourceDefinition[]
  readonly #remote: RemoteDocuments
  readonly #version: string
  /** By path, such as `apis/apps/v1`. */
  readonly #versions = new Map<string, GroupVersionDocuments>()
  readonly #frame: Frame
  #index: OpenApiIndex | undefined

  /** Takes over from `before` what has not changed since. */
  constructor(served: readonly ResourceDefinition[], remote: RemoteDocuments, version: string, before?: Snapshot) {
    this.#served = served
    this.#remote = remote
    this.#version = version
    for (const [path, resources] of Map.groupBy(served, pathOf)) {
      const known = before ? before.#versions.get(path) : undefined
      this.#versions.set(path, known?.isOf(resources) ? known : new GroupVersionDocuments(resources, version))
    }
    const groups = [...new Set(served.filter(({ model }) => !model).map(({ group }) => group))].sort()
    this.#frame = this.#framed(groups, before)
    this.v3 = this.#version3(groups)
    this.v2 = this.#version2(before?.v2)
  }

  isOf(served: readonly ResourceDefinition[], remote: RemoteDocuments): boolean {
    return served === this.#served && remote === this.#remote
  }

  get index(): OpenApiIndex {
    this.#index ??= indexOf(this.v3)
    return this.#index
  }

  #framed(groups: readonly string[], before: Snapshot | undefined): Frame {
    const paths = generalPaths(groups)
    const general = [...paths.values()].map(({ answer }) => answer)
    const roots = [...new Set([...general, ...[...this.#versions.values()].flatMap(({ types }) => types)])].sort()
    const hash = digest([FORM, schemaTable().version, this.#version, ...groups, ...roots])
    if (before && before.#frame.hash === hash) return before.#frame
    const names = closureOf(roots)
    const definitions = (): JsonSchema => Object.fromEntries(names.map((name) => [name, schemaOf(name, 'v2')]))
    const frame = new Version2Frame(this.#version, () => ({
      paths: writtenPaths(paths.values(), 'v2'),
      definitions: definitions(),
    }))
    return { hash, types: new Set(names), frame }
  }

  #version3(groups: readonly string[]): ReadonlyMap<string, Document> {
    const version = this.#version
    const general = [...generalPaths(groups)].map(([path, entry]) => {
      const hash = digest([FORM, schemaTable().version, version, path])
      const content = () => ({ version, paths: writtenPaths([entry], 'v3'), types: [entry.answer], custom: {} })
      return [path, version3Document(hash, content)] as const
    })
    const own = [...this.#versions].map(([path, { v3 }]) => [path, v3] as const)
    return new Map<string, Document>([...this.#remote.v3, ...general, ...own])
  }

  #version2(before: Document | undefined): Document {
    const parts = [...this.#versions.values()].map(({ hash }) => hash)
    const hash = digest([this.#frame.hash, ...parts, ...this.#remote.v2.map(({ hash }) => hash)])
    if (before && hashOf(before) === hash) return before
    return new LazyDocument(hash, (form) => this.#joined(form))
  }

  async #joined(form: Form): Promise<Uint8Array> {
    const parts: Version2Part[] = []
    // One after the other, so that others have a turn on the event loop between the parts.
    for (const documents of this.#versions.values()) parts.push(await documents.version2Part(form))
    return this.#frame.frame.join(form, [...parts, ...(await Promise.all(this.#remoteParts(form)))])
  }

  #remoteParts(form: Form): Promise<Version2Part>[] {
    if (this.#remote.v2.length === 0) return []
    const custom = Object.assign({}, ...[...this.#versions.values()].map((documents) => documents.custom('v2')))
    const added: JsonSchema = {}
    const taken = (name: string): JsonSchema | undefined =>
      (custom[name] ?? added[name] ?? (this.#frame.types.has(name) ? schemaOf(name, 'v2') : undefined)) as
        | JsonSchema
        | undefined
    return this.#remote.v2.map(({ document }) => {
      const additions = additionsOf(document, taken)
      Object.assign(added, additions.definitions)
      return version2Part(form, additions)
    })
  }
}

function indexOf(documents: ReadonlyMap<string, Document>): OpenApiIndex {
  const entries = [...documents].sort(([left], [right]) => (left < right ? -1 : 1))
  const paths = entries.map(([path, document]) => {
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(document)}` }] as const
  })
  const hash = digest(paths.map(([, { serverRelativeURL }]) => serverRelativeURL))
  return { etag: `"${hash}"`, paths: Object.fromEntries(paths) }
}

const digest = (parts: readonly unknown[]): string =>
  createHash('sha512').update(parts.join('\n')).digest('hex').toUpperCase()

const pathOf = ({ group, version }: ResourceDefinition): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`
