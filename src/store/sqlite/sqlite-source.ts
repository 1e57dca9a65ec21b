import type { DatabaseSync } from 'node:sqlite'
import type { StateEntry, StateSource } from '../transfer/state-source.ts'
import { openDatabase } from './schema.ts'

interface Row {
  readonly key: string
  readonly value: Uint8Array
  readonly expires: number | null
}

/** The newest state in a database that no store has open. */
export class SqliteSource implements StateSource {
  readonly revision: number
  readonly count: number
  readonly #database: DatabaseSync

  /** Migrates the file if it is of an older format. Throws DatabaseRefused. */
  static open(file: string): SqliteSource {
    return new SqliteSource(openDatabase(file))
  }

  private constructor(database: DatabaseSync) {
    this.#database = database
    const { revision, count } = database
      .prepare(
        `SELECT max((SELECT coalesce(max(revision), 1) FROM log), (SELECT value FROM meta WHERE name = 'raised')) AS revision,
           (SELECT count(*) FROM keys WHERE created > 0) AS count`,
      )
      .get() as { revision: number; count: number }
    this.revision = revision
    this.count = count
  }

  async *entries(): AsyncIterable<StateEntry> {
    const rows = this.#database.prepare(
      `SELECT k.key, l.value, k.expires FROM keys k JOIN log l ON l.revision = k.revision
       WHERE k.created > 0 ORDER BY k.key`,
    )
    for (const { key, value, expires } of rows.iterate() as Iterable<Row>) {
      yield { key, value, ...(expires !== null && { expires }) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close()
  }
}
