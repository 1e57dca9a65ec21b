import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Entry, StoreEvent } from '../store.ts'

interface LogRow {
  readonly revision: number
  readonly key: string
  readonly created: number
  readonly previous: number
  readonly value: Uint8Array | null
}

type KeyRow = Omit<LogRow, 'previous'>

/** Above every character that a key can have, in the order of UTF-8 bytes. */
const LAST_CHARACTER = '\u{10ffff}'
const NOTHING = new Uint8Array()

/**
 * Reads on the main thread, on a connection of its own that neither waits for writers nor makes them wait. Everything is
 * read as of a revision, so that what is committed and not yet published stays unseen.
 */
export class Reader implements Disposable {
  readonly #database: DatabaseSync
  readonly #one: StatementSync
  readonly #page: StatementSync
  readonly #countOld: StatementSync
  readonly #newSince: StatementSync
  readonly #write: StatementSync
  readonly #log: StatementSync
  readonly #nextExpiry: StatementSync
  readonly #expired: StatementSync
  readonly #compacted: StatementSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
    const columns = 'k.key, k.revision, k.created, l.value FROM keys k JOIN log l ON l.revision = k.revision'
    this.#one = this.#database.prepare(`SELECT ${columns} WHERE k.key = ?`)
    this.#page = this.#database.prepare(`SELECT ${columns} WHERE k.key >= ? AND k.key < ? ORDER BY k.key LIMIT ?`)
    this.#countOld = this.#database.prepare(
      'SELECT count(*) AS count FROM keys WHERE key > ? AND key < ? AND created > 0 AND revision <= ?',
    )
    this.#newSince = this.#database.prepare(
      'SELECT revision FROM keys WHERE key > ? AND key < ? AND revision > ? ORDER BY key',
    )
    this.#write = this.#database.prepare('SELECT revision, key, created, previous, value FROM log WHERE revision = ?')
    this.#log = this.#database.prepare(
      `SELECT revision, key, created, previous, value FROM log
       WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?`,
    )
    this.#nextExpiry = this.#database.prepare('SELECT min(expires) AS due FROM keys WHERE expires IS NOT NULL')
    this.#expired = this.#database.prepare(
      'SELECT key, revision FROM keys WHERE expires IS NOT NULL AND expires <= ? LIMIT 500',
    )
    this.#compacted = this.#database.prepare("SELECT value FROM meta WHERE name = 'compacted'")
  }

  get(key: string, asOf: number): Entry | undefined {
    const row = this.#one.get(key) as KeyRow | undefined
    return row && this.#entryAt(row, asOf)
  }

  /** Looks at up to `limit` keys from `start` on. `next`: where to go on, undefined at the end of the prefix. */
  page(prefix: string, start: string, limit: number, asOf: number): { entries: Entry[]; next: string | undefined } {
    const rows = this.#page.all(start, prefix + LAST_CHARACTER, limit) as unknown as KeyRow[]
    const entries = rows.map((row) => this.#entryAt(row, asOf)).filter((entry) => entry !== undefined)
    const next = rows.length < limit ? undefined : `${rows.at(-1)!.key}\0`
    return { entries, next }
  }

  /** How many keys under `prefix` come after `key`. */
  countAfter(prefix: string, key: string, asOf: number): number {
    const end = prefix + LAST_CHARACTER
    const { count } = this.#countOld.get(key, end, asOf) as { count: number }
    const newer = this.#newSince.all(key, end, asOf) as unknown as { revision: number }[]
    return count + newer.filter(({ revision }) => this.#liveAt(revision, asOf)).length
  }

  /** Writes above `after` and up to `upTo`, at most `limit` of them looked at; `revision` is how far. */
  log(prefix: string, after: number, upTo: number, limit: number): { events: StoreEvent[]; revision: number } {
    const rows = this.#log.all(after, upTo, limit) as unknown as LogRow[]
    const events = rows.filter((row) => row.key.startsWith(prefix)).map(asEvent)
    return { events, revision: rows.length < limit ? upTo : rows.at(-1)!.revision }
  }

  /** The revision of the last compaction: recorded before anything of it is swept. */
  compacted(): number {
    return (this.#compacted.get() as { value: number }).value
  }

  nextExpiry(): number | undefined {
    return (this.#nextExpiry.get() as { due: number | null }).due ?? undefined
  }

  /** Some of the keys that are due, with their revisions. */
  expired(now: number): { key: string; revision: number }[] {
    return this.#expired.all(now) as unknown as { key: string; revision: number }[]
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #entryAt(row: KeyRow, asOf: number): Entry | undefined {
    const found = row.revision <= asOf ? row : this.#liveAt(row.revision, asOf)
    if (!found || found.created === 0) return undefined
    return { key: row.key, value: found.value ?? NOTHING, createRevision: found.created, revision: found.revision }
  }

  /** Follows a key's chain from its newest write back to what it was at `asOf`. A missing link is a swept deletion. */
  #liveAt(newest: number, asOf: number): LogRow | undefined {
    let row = this.#write.get(newest) as LogRow | undefined
    while (row && row.revision > asOf) row = this.#write.get(row.previous) as LogRow | undefined
    return row && row.created > 0 ? row : undefined
  }
}

function asEvent({ revision, key, created, value }: LogRow): StoreEvent {
  const type = created === 0 ? 'delete' : 'put'
  return { type, key, value: value ?? NOTHING, revision, isCreation: created === revision }
}
