import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The directory of keys and certificates: 0700, its files 0600. Synchronous, because nothing starts before it is read. */
export class PkiFiles {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  path(file: string): string {
    return join(this.directory, file)
  }

  read(file: string): string | undefined {
    const path = this.path(file)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }

  /** Writes the whole file or nothing, also when the power fails. */
  write(file: string, content: string): void {
    const path = this.path(file)
    const temporary = `${path}.${process.pid}.tmp`
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    try {
      writeFileSync(temporary, content, { mode: 0o600, flag: 'wx', flush: true })
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  }

  /** As write, but refuses to replace a file: keys are made once. */
  writeNew(file: string, content: string): void {
    if (existsSync(this.path(file))) throw new Error(`${this.path(file)} is there already and is never overwritten`)
    this.write(file, content)
  }
}
