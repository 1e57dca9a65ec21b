import { openDatabase } from './schema.ts'

/**
 * Lets the revisions of a database that nobody has open go on above `revision`, and forgets what was before: who watched
 * another state up to then is told to list again. Does nothing when the counter is there already.
 */
export function raiseRevision(file: string, revision: number): void {
  const database = openDatabase(file)
  try {
    const { newest } = database.prepare('SELECT coalesce(max(revision), 1) AS newest FROM log').get() as {
      newest: number
    }
    if (newest >= revision) return
    database.prepare(`UPDATE meta SET value = max(value, ?) WHERE name IN ('raised', 'compacted')`).run(revision)
  } finally {
    database.close()
  }
}
