import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, open, stat } from 'node:fs/promises'

/*
 * A snapshot file ends with the SHA-256 of what is before, 32 bytes. `etcdctl snapshot save` does so, and SQLite does not
 * mind.
 */

export const SEAL_BYTES = 32

/** Ends the file with its digest. */
export async function seal(path: string): Promise<void> {
  const { size } = await stat(path)
  await appendFile(path, await digestOf(path, size))
}

/** Whether the file ends with its digest: it is whole and unchanged. */
export async function isSealed(path: string): Promise<boolean> {
  const { size } = await stat(path)
  if (size <= SEAL_BYTES) return false
  const expected = await digestOf(path, size - SEAL_BYTES)
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(SEAL_BYTES), 0, SEAL_BYTES, size - SEAL_BYTES)
    return buffer.equals(expected)
  } finally {
    await file.close()
  }
}

async function digestOf(path: string, bytes: number): Promise<Buffer> {
  const hash = createHash('sha256')
  if (bytes > 0) for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer)
  return hash.digest()
}
