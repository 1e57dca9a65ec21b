import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BatchOutcome, WriteBatch } from './messages.ts'

/** How long freeing space goes on before writers get their turn. */
const STEP_MS = 5
/** Log entries and pages that are freed between two looks at the clock. */
const SWEEP_STEP = 20
const VACUUM_STEP = 10
/** Free pages are given back when they are more than this and more than a quarter of the file. */
const FREE_PAGES_KEPT = 1_000

interface KeyRow {
  readonly revision: number
  readonly created: number
}

/** The only one that changes the database. Synchronous: it lives in the writer's thread. */
export class Writer {
  readonly #database: DatabaseSync
  readonly #findKey: StatementSync
  readonly #appendToLog: StatementSync
  readonly #setKey: StatementSync
  readonly #setMeta: StatementSync
  readonly #sweepStep: SweepStatements
  #mayHaveShrunk = false
  /** Of the last committed write; 1 before the first. */
  #revision: number
  #compacted: number
  /** Log entries up to here hold nothing any more that compaction made superfluous. */
  #swept: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#findKey = database.prepare('SELECT revision, created FROM keys WHERE key = ?')
    this.#appendToLog = database.prepare(
      'INSERT INTO log (revision, key, created, previous, value) VALUES (?, ?, ?, ?, ?)',
    )
    this.#setKey = database.prepare(`
      INSERT INTO keys (key, revision, created, expires) VALUES (?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, created = excluded.created, expires = excluded.expires`)
    this.#setMeta = database.prepare('UPDATE meta SET value = ? WHERE name = ?')
    this.#sweepStep = prepareSweep(database)
    this.#revision = Math.max(
      this.#number('SELECT coalesce(max(revision), 1) AS value FROM log'),
      this.#number(`SELECT value FROM meta WHERE name = 'raised'`),
    )
    this.#compacted = this.#number(`SELECT value FROM meta WHERE name = 'compacted'`)
    this.#swept = this.#number(`SELECT value FROM meta WHERE name = 'swept'`)
  }

  get revision(): number {
    return this.#revision
  }

  get compacted(): number {
    return this.#compacted
  }

  /** Commits the batch durably, without those writes whose guard does not hold. When it throws, nothing was written. */
  commit(batch: WriteBatch): BatchOutcome {
    const before = this.#revision
    const outcome: BatchOutcome = { revisions: [], previous: [] }
    try {
      this.#transaction(() => this.#writeAll(batch, outcome))
    } catch (error) {
      this.#revision = before
      throw error
    }
    return outcome
  }

  /** Records the compaction; `sweep` frees the space afterwards. `revision` was checked by the caller. */
  compact(revision: number): void {
    this.#transaction(() => this.#setMeta.run(revision, 'compacted'))
    this.#compacted = revision
  }

  /**
   * Frees a part of what compaction made superfluous, in one short transaction; at last gives the space back to the file
   * system. False: there is nothing left to free.
   */
  sweep(): boolean {
    // The newest entry stays, even a deletion: the revision counter is read from it at the next start.
    const limit = Math.min(this.#compacted, this.#revision - 1)
    if (this.#swept >= limit) return this.#vacuum()
    let swept = this.#swept
    this.#transaction(() => {
      const end = performance.now() + STEP_MS
      while (swept < limit && performance.now() < end) swept = this.#sweepEntries(swept, limit)
      this.#setMeta.run(swept, 'swept')
    })
    this.#swept = swept
    this.#mayHaveShrunk = true
    return true
  }

  /** Throws unless a write becomes durable: tells whether the disk takes writes again. */
  probe(): void {
    this.#transaction(() => this.#setMeta.run(this.#compacted, 'compacted'))
  }

  close(): void {
    this.#database.close()
  }

  #writeAll(batch: WriteBatch, { revisions, previous }: BatchOutcome): void {
    let start = 0
    for (let index = 0; index < batch.keys.length; index++) {
      const end = batch.ends[index]!
      const key = batch.keys[index]!
      const row = this.#findKey.get(key) as KeyRow | undefined
      const actual = row && row.created > 0 ? row.revision : 0
      const holds = actual === batch.expected[index]! && (end >= 0 || actual > 0)
      if (holds && end < 0) this.#delete(key, actual)
      else if (holds) this.#put(key, batch.bytes.subarray(start, end), row, batch.expires[index]!)
      revisions.push(holds ? this.#revision : 0)
      previous.push(actual)
      if (end >= 0) start = end
    }
  }

  #put(key: string, value: Uint8Array, row: KeyRow | undefined, expires: number): void {
    const revision = ++this.#revision
    const created = row?.created || revision // 0: the key was deleted
    this.#appendToLog.run(revision, key, created, row?.revision ?? 0, value)
    this.#setKey.run(key, revision, created, expires || null)
  }

  #delete(key: string, previous: number): void {
    const revision = ++this.#revision
    this.#appendToLog.run(revision, key, 0, previous, null)
    this.#setKey.run(key, revision, 0, null)
  }

  /**
   * An entry above `after` makes the one before it superfluous, a deletion also itself and its key. Returns how far it
   * came, `limit` at most.
   */
  #sweepEntries(after: number, limit: number): number {
    const { last, previous, keys, deletions } = this.#sweepStep
    const upTo = (last.get(after, limit, SWEEP_STEP - 1) as { revision: number } | undefined)?.revision ?? limit
    previous.run(after, upTo)
    keys.run(upTo, after, upTo)
    deletions.run(after, upTo)
    return upTo
  }

  #vacuum(): boolean {
    const free = this.#number('SELECT freelist_count AS value FROM pragma_freelist_count')
    if (free <= FREE_PAGES_KEPT || free * 4 <= this.#number('SELECT page_count AS value FROM pragma_page_count')) {
      return this.#shrink()
    }
    this.#transaction(() => {
      const end = performance.now() + STEP_MS
      while (performance.now() < end) this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_STEP})`)
    })
    return true
  }

  /** The file becomes smaller when the write-ahead log has been copied into it; nobody is waited for. */
  #shrink(): boolean {
    if (this.#mayHaveShrunk) this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    this.#mayHaveShrunk = false
    return false
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #number(query: string): number {
    return (this.#database.prepare(query).get() as { value: number }).value
  }
}

interface SweepStatements {
  /** The revision of the n-th entry of a range. */
  readonly last: StatementSync
  readonly previous: StatementSync
  readonly keys: StatementSync
  readonly deletions: StatementSync
}

function prepareSweep(database: DatabaseSync): SweepStatements {
  const range = 'revision > ? AND revision <= ?'
  return {
    last: database.prepare(`SELECT revision FROM log WHERE ${range} ORDER BY revision LIMIT 1 OFFSET ?`),
    previous: database.prepare(`DELETE FROM log WHERE revision IN (SELECT previous FROM log WHERE ${range})`),
    keys: database.prepare(
      `DELETE FROM keys WHERE created = 0 AND revision <= ?
       AND key IN (SELECT key FROM log WHERE ${range} AND created = 0)`,
    ),
    deletions: database.prepare(`DELETE FROM log WHERE ${range} AND created = 0`),
  }
}
