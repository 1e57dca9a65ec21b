import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseRefused } from './schema.ts'

/**
 * Takes the database for this process alone; throws DatabaseRefused when another has it. The lock is the kernel's (SQLite
 * locks the byte range of an empty database beside), so it ends with the process however that ends. Returns the release.
 */
export function lockFile(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  const owner = `${file}.pid`
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new DatabaseRefused(`${file} is in use by another Navarch${processOf(owner)}: stop it first`, { cause })
  }
  writeFileSync(owner, `${process.pid}\n`)
  return () => {
    rmSync(owner, { force: true })
    lock.close()
  }
}

function processOf(owner: string): string {
  try {
    return ` (process ${readFileSync(owner, 'utf8').trim()})`
  } catch {
    return '' // it has not written its number yet
  }
}
