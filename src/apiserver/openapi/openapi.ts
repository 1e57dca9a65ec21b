import type { ResourceDefinition } from '../../api/resource.ts'
import type { Document } from './document.ts'
import { type OpenApiIndex, type RemoteDocuments, Snapshot } from './snapshot.ts'

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
 * made anew and those of all others stay; so do their parts of version 2, which is one document.
 */
export class OpenApi {
  readonly #options: OpenApiOptions
  #snapshot: Snapshot

  constructor(options: OpenApiOptions) {
    this.#options = options
    this.#snapshot = new Snapshot([], NO_REMOTE, options.version)
  }

  index(): OpenApiIndex {
    return this.#current().index
  }

  /** The document of version 3 at a path such as `apis/apps/v1`; undefined when there is nothing. */
  v3(path: string): Document | undefined {
    return this.#current().v3.get(path)
  }

  /** Everything in one document. */
  v2(): Document {
    return this.#current().v2
  }

  #current(): Snapshot {
    const { served, remote, version } = this.#options
    const [resources, others] = [served(), remote?.() ?? NO_REMOTE]
    if (!this.#snapshot.isOf(resources, others))
      this.#snapshot = new Snapshot(resources, others, version, this.#snapshot)
    return this.#snapshot
  }
}
