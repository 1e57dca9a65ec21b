import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

/** How a document is written. */
export type Form = 'json' | 'protobuf'

/** One state of a document. */
export interface Document {
  /** Quoted; the same for both forms. */
  readonly etag: string
  /** Its compressed bytes: made when first asked for, then kept. */
  gzip(form: Form): Promise<Uint8Array>
}

/** Compresses in the thread pool, off the event loop. */
export const compressed: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gzip)

/** The bytes of a document, for clients that do not take gzip. */
export const uncompressed: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gunzip)

/** A document that is made when it is first asked for, once for each form. */
export class LazyDocument implements Document {
  readonly etag: string
  readonly #make: (form: Form) => Promise<Uint8Array>
  readonly #made = new Map<Form, Promise<Uint8Array>>()

  /** `hash` tells states apart: of what the document is made of, so that nothing needs to be made for it. */
  constructor(hash: string, make: (form: Form) => Promise<Uint8Array>) {
    this.etag = `"${hash}"`
    this.#make = make
  }

  gzip(form: Form): Promise<Uint8Array> {
    let made = this.#made.get(form)
    if (!made) {
      made = this.#make(form)
      this.#made.set(form, made)
    }
    return made
  }
}

/** The hash within an ETag. */
export const hashOf = ({ etag }: Pick<Document, 'etag'>): string => etag.slice(1, -1)
