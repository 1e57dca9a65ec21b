import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { finishReplacement } from './replacement.ts'

/** Each entry brings a database from the format version of its index to the next. Never change one that was released. */
const MIGRATIONS: readonly ((database: DatabaseSync) => void)[] = [createTables, moveToUpstreamKeys, addRaisedRevision]

/** 'NVRC': marks the file as ours (PRAGMA application_id). */
const APPLICATION_ID = 0x4e565243
/** So the check at the start takes a second at most. */
const PART_ABOVE_BYTES = 1_000_000_000

/** The database cannot be used as it is, and why; nothing in it was changed. `message` names the file and the remedy. */
export class DatabaseRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseRefused'
  }
}

/**
 * Opens the database for writing, creating or migrating it. Throws DatabaseRefused for a damaged file, one that another
 * program made or one of a newer format, and leaves such a file and its write-ahead log as they are.
 */
export function openDatabase(file: string, migrations = MIGRATIONS): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  finishReplacement(file)
  if (existsSync(file)) requireUsable(file, { newest: migrations.length })
  const database = new DatabaseSync(file)
  try {
    configure(database)
    migrate(database, migrations)
    return database
  } catch (error) {
    database.close()
    throw isDamage(error) ? damaged(file, (error as Error).message, error) : error
  }
}

export interface CheckOptions {
  /** The newest format that is known. */
  readonly newest?: number
  /** Look at everything, however long it takes, and compare indexes with tables. */
  readonly whole?: boolean
  /** Larger files are looked through in part: everything but the values. */
  readonly partAboveBytes?: number
}

/** Throws DatabaseRefused unless the file is a sound database of a known format. Changes nothing. */
export function requireUsable(file: string, { newest = MIGRATIONS.length, ...check }: CheckOptions = {}): void {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  try {
    requireKnownFormat(database, file, newest)
    requireSound(database, file, check)
  } catch (error) {
    throw isDamage(error) ? damaged(file, (error as Error).message, error) : error
  } finally {
    database.close()
  }
}

/** The cache is small, as the system caches the file too: 4 MB or 16 make no difference to the rate of writes. */
function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -4000;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16777216;
  `)
}

/**
 * `log` holds every write since the last compaction and the newest of each key; `created` is 0 for a deletion, `previous`
 * the write before to the same key (0: none known), so that the past of a key is a chain. `keys` points to the newest
 * write of each key; deleted keys stay in it (created = 0) until their deletion is compacted. A value is stored once.
 */
function createTables(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE log (
      revision INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      created INTEGER NOT NULL,
      previous INTEGER NOT NULL,
      value BLOB
    );
    CREATE TABLE keys (
      key TEXT PRIMARY KEY,
      revision INTEGER NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX keys_by_expiry ON keys (expires) WHERE expires IS NOT NULL;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('compacted', 0), ('swept', 0);
  `)
}

/** Format 1 had these groups' kinds below the name of the group, where upstream does not. */
function moveToUpstreamKeys(database: DatabaseSync): void {
  for (const group of ['resource.k8s.io', 'internal.apiserver.k8s.io']) {
    const from = `/registry/${group}/`
    for (const table of ['keys', 'log']) {
      database
        .prepare(`UPDATE ${table} SET key = '/registry/' || substr(key, ?) WHERE key >= ? AND key < ?`)
        .run(from.length + 1, from, `/registry/${group}0`) // '0' comes after '/'
    }
  }
}

/** The revision counter can stand higher than the newest write: raise-revision.ts. */
function addRaisedRevision(database: DatabaseSync): void {
  database.exec(`INSERT INTO meta VALUES ('raised', 1)`)
}

function migrate(database: DatabaseSync, migrations: readonly ((database: DatabaseSync) => void)[]): void {
  const from = pragma(database, 'user_version')
  if (from === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  for (const step of migrations.slice(from)) step(database)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`)
}

function requireSound(database: DatabaseSync, file: string, options: CheckOptions): void {
  for (const check of checksOf(file, options)) {
    const [finding = 'ok'] = Object.values(database.prepare(`PRAGMA ${check}`).get() ?? {})
    if (finding !== 'ok') throw damaged(file, inOneLine(String(finding)))
  }
}

/** SQLite heads its findings with a line that names the database it calls main. */
function inOneLine(finding: string): string {
  return finding
    .replace(/^\*\*\* in database .*\*\*\*\n/, '')
    .trim()
    .replaceAll('\n', '; ')
}

function checksOf(file: string, { whole, partAboveBytes = PART_ABOVE_BYTES }: CheckOptions): readonly string[] {
  if (whole) return ['integrity_check(1)']
  return statSync(file).size <= partAboveBytes ? ['quick_check(1)'] : ['quick_check(keys)', 'quick_check(meta)']
}

function requireKnownFormat(database: DatabaseSync, file: string, newest: number): void {
  const version = pragma(database, 'user_version')
  const application = pragma(database, 'application_id')
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  if (!isEmpty && application !== APPLICATION_ID) {
    throw new DatabaseRefused(`${file} is a database of another program: choose another data directory`)
  }
  if (version > newest) {
    throw new DatabaseRefused(
      `${file} was written by a newer Navarch (format ${version}; this one knows up to ${newest}): ` +
        'use that version, or restore a snapshot that this version made',
    )
  }
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>
  return row[name] ?? 0
}

/** The words for a damaged database, with the remedy. */
export function damaged(file: string, finding: string, cause?: unknown): DatabaseRefused {
  return new DatabaseRefused(
    `the database ${file} is damaged (${finding}): 'navarch snapshot restore FILE --force' puts a snapshot in its place and keeps it`,
    { cause },
  )
}

/** SQLite's result codes CORRUPT and NOTADB, extended codes included (sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode ?? 0
  return (code & 0xff) === 11 || (code & 0xff) === 26
}
