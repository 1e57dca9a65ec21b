import type { ResourceSchema } from '../../api/schema/schema.ts'
import { type AggregatedVersion, aggregatedDiscovery } from './aggregated.ts'
import { entityTag } from './negotiate.ts'
import type { RemoteVersion } from './remote.ts'

export interface AggregatedDocumentsOptions {
  /** What is served now; a new array means that something changed. */
  readonly served: () => readonly ResourceSchema[]
  /** What others serve; likewise. */
  readonly remote: () => readonly RemoteVersion[]
}

export interface TaggedBody {
  readonly body: Uint8Array
  readonly etag: string
}

/** Aggregated discovery as it is sent: written once for each state, as every client asks for it again and again. */
export class AggregatedDocuments {
  readonly #options: AggregatedDocumentsOptions
  /** By root and version; of the state below. */
  readonly #written = new Map<string, TaggedBody>()
  #served: readonly ResourceSchema[] | undefined
  #remote: readonly RemoteVersion[] | undefined

  constructor(options: AggregatedDocumentsOptions) {
    this.#options = options
  }

  /** `core`: of `/api` rather than `/apis`. */
  get(core: boolean, version: AggregatedVersion): TaggedBody {
    const served = this.#options.served()
    const remote = this.#options.remote()
    if (served !== this.#served || remote !== this.#remote) this.#written.clear()
    this.#served = served
    this.#remote = remote
    const key = `${core} ${version}`
    let written = this.#written.get(key)
    if (!written) {
      const body = Buffer.from(JSON.stringify(aggregatedDiscovery(served, { core, version, remote })))
      written = { body, etag: entityTag(body) }
      this.#written.set(key, written)
    }
    return written
  }
}
