import type { Query } from '../handler/call.ts'

const NONE: readonly string[] = []

/** A URL's query, decoded when first asked; most requests have none. */
export class UrlQuery implements Query {
  readonly #text: string
  #parameters: URLSearchParams | undefined

  constructor(text: string) {
    this.#text = text
  }

  get(name: string): string | undefined {
    return this.#text === '' ? undefined : (this.#decoded().get(name) ?? undefined)
  }

  all(name: string): readonly string[] {
    return this.#text === '' ? NONE : this.#decoded().getAll(name)
  }

  #decoded(): URLSearchParams {
    this.#parameters ??= new URLSearchParams(this.#text)
    return this.#parameters
  }
}
