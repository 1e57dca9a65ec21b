import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { BackupInput, BackupMessage } from './backup.ts'
import { requireUsable } from './schema.ts'

/*
 * The thread of one backup.
 */

if (!parentPort) throw new Error('backup-worker.ts runs as a worker thread only')
const port = parentPort
const { file, target } = workerData as BackupInput

try {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  const { bytes } = database
    .prepare(
      `SELECT (page_count - freelist_count) * page_size AS bytes
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    )
    .get() as { bytes: number }
  tell({ type: 'size', bytes })
  database.prepare('VACUUM INTO ?').run(target)
  database.close()
  requireUsable(target, { whole: true })
  tell({ type: 'done' })
} catch (error) {
  tell({ type: 'failed', name: (error as Error).name, message: (error as Error).message })
}

function tell(message: BackupMessage): void {
  port.postMessage(message)
}
