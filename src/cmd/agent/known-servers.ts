import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** The API servers that a node has heard of, kept for its next start: the first of them may be gone by then. */
export class KnownServers {
  readonly #file: string
  #servers: readonly string[]

  constructor(file: string) {
    this.#file = file
    this.#servers = read(file)
  }

  get servers(): readonly string[] {
    return this.#servers
  }

  /** Adds those that were named; the named come first. */
  add(named: readonly string[]): void {
    this.#keep([...new Set([...named, ...this.#servers])])
  }

  /** Replaces those that were learned before; an empty answer teaches nothing. */
  learn(learned: readonly string[], named: readonly string[]): void {
    if (learned.length > 0) this.#keep([...new Set([...learned, ...named])])
  }

  #keep(servers: readonly string[]): void {
    if (JSON.stringify(servers) === JSON.stringify(this.#servers)) return
    this.#servers = servers
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(servers, null, 2)}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}

function read(file: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as string[]
  } catch {
    return [] // none yet, or damaged: those that are named will do
  }
}
