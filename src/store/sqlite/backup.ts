import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import { DatabaseRefused } from './schema.ts'

export interface BackupOptions {
  readonly clock: Clock
  /** Told now and then how much is written; `total` is the size that is expected. */
  readonly onProgress?: (bytes: number, total: number) => void
}

export interface BackupInput {
  readonly file: string
  readonly target: string
}

export type BackupMessage =
  | { readonly type: 'size'; readonly bytes: number }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly name: string; readonly message: string }

/** The copy could not be written; nothing happened to the database. */
export class BackupFailed extends Error {
  constructor(message: string) {
    super(`the state could not be copied: ${message}`)
    this.name = 'BackupFailed'
  }
}

const PROGRESS_MS = 250

/**
 * Copies the database as of one instant into the new file `target`, without what is free in it, while others, also other
 * processes, go on writing: everything acknowledged before the call is in the copy. A thread does the work.
 */
export async function backupDatabase(input: BackupInput, { clock, onProgress }: BackupOptions): Promise<void> {
  const worker = new Worker(new URL(`./backup-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: input,
  })
  const done = Promise.withResolvers<void>()
  let total = 0
  worker.on('message', (message: BackupMessage) => {
    if (message.type === 'size') total = message.bytes
    else if (message.type === 'done') done.resolve()
    else done.reject(failure(message))
  })
  worker.on('error', done.reject)
  worker.on('exit', () => done.reject(new BackupFailed('its thread ended early')))
  const stop = onProgress ? reportSize(input.target, () => total, clock, onProgress) : () => {}
  try {
    await done.promise
  } finally {
    stop()
    await worker.terminate()
  }
}

function failure({ name, message }: { readonly name: string; readonly message: string }): Error {
  return name === 'DatabaseRefused' ? new DatabaseRefused(message) : new BackupFailed(message)
}

function reportSize(
  target: string,
  total: () => number,
  clock: Clock,
  onProgress: (bytes: number, total: number) => void,
): () => void {
  let cancel = (): void => {}
  const look = (): void => {
    cancel = clock.after(PROGRESS_MS, () => {
      stat(target).then(
        ({ size }) => onProgress(size, Math.max(size, total())),
        () => {}, // not there yet
      )
      look()
    })
  }
  look()
  return () => cancel()
}
