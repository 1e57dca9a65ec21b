import { readFile } from 'node:fs/promises'

/** How long a token is used before its file is read again: kubelets rotate them (client-go: one minute). */
const RELOAD_MS = 60_000

/** A token kept in a file. When the file cannot be read, the last token is used on; without one it throws. */
export function tokenFromFile(path: string, monotonic: () => number = () => performance.now()): () => Promise<string> {
  let token: string | undefined
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (token !== undefined && monotonic() - readAt < RELOAD_MS) return token
    try {
      token = (await readFile(path, 'utf8')).trim()
      readAt = monotonic()
    } catch (error) {
      if (token === undefined) throw error
    }
    return token
  }
}
