import { open, rename, stat } from 'node:fs/promises'

const TAIL_BYTES = 16 * 1024

/** The last lines of a text file; none when there is no such file. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const file = await open(path).catch(() => undefined)
  if (!file) return []
  try {
    const { size } = await file.stat()
    const length = Math.min(size, TAIL_BYTES)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8').split('\n').filter(Boolean).slice(-count)
  } finally {
    await file.close()
  }
}

/** Moves a log file aside (to `<path>.1`) when it has grown beyond `maxBytes`. */
export async function rotateLargeLog(path: string, maxBytes: number): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found && found.size > maxBytes) await rename(path, `${path}.1`)
}
