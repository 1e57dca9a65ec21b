import { type APIGroupDiscoveryList, aggregatedDiscovery } from './aggregated.ts'
import { entityTag } from './entity-tag.ts'
import type { RemoteVersion } from './remote.ts'
import type { ShownResource } from './shown-resource.ts'

export interface AggregatedDocumentsOptions {
  /** What is served now; a new array means that something changed. */
  readonly served: () => readonly ShownResource[]
  /** What others serve; likewise. */
  readonly remote: () => readonly RemoteVersion[]
}

export interface AggregatedDocument {
  readonly document: APIGroupDiscoveryList
  /** The document as JSON, and the tag of that in whatever form it is sent. */
  readonly json: Uint8Array
  readonly etag: string
}

/** Aggregated discovery as it is sent: written once for each state, as every client asks for it again and again. */
export class AggregatedDocuments {
  readonly #options: AggregatedDocumentsOptions
  /** By root; of the state below. */
  readonly #written = new Map<boolean, AggregatedDocument>()
  #served: readonly ShownResource[] | undefined
  #remote: readonly RemoteVersion[] | undefined

  constructor(options: AggregatedDocumentsOptions) {
    this.#options = options
  }

  /** `core`: of `/api` rather than `/apis`. */
  get(core: boolean): AggregatedDocument {
    const served = this.#options.served()
    const remote = this.#options.remote()
    if (served !== this.#served || remote !== this.#remote) this.#written.clear()
    this.#served = served
    this.#remote = remote
    let written = this.#written.get(core)
    if (!written) {
      const document = aggregatedDiscovery(served, { core, remote })
      const json = Buffer.from(JSON.stringify(document))
      written = { document, json, etag: entityTag(json) }
      this.#written.set(core, written)
    }
    return written
  }
}
