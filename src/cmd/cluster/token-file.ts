import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from '../usage-error.ts'

const MIN_LENGTH = 16

/** The secret that the servers of one cluster share, in a file of one line that its owner alone reads. */
export class TokenFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Undefined when there is no file. Throws a UsageError for one that cannot be read or is too easily guessed. */
  read(): string | undefined {
    const token = this.#content()
    if (token === undefined || token.length >= MIN_LENGTH) return token
    throw new UsageError(
      `the token in ${this.path} has ${token.length} characters and needs ${MIN_LENGTH} at least: 'openssl rand -hex 32' makes a good one.`,
    )
  }

  /** A new one, in the file. */
  make(): string {
    const token = randomBytes(32).toString('hex')
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    writeFileSync(this.path, `${token}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return token
  }

  remove(): void {
    rmSync(this.path, { force: true })
  }

  #content(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8').trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new UsageError(`the token file cannot be read: ${(error as Error).message}.`, { cause: error })
    }
  }
}
