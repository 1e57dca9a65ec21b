import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import type { Payload, PayloadFile } from './payload.ts'

/** Names that the writer needs for itself. */
const DATA = '..data'

/**
 * Makes a directory show exactly the files of a payload, all at once: they are written to a new directory, then the link
 * `..data` is turned to it. What readers see are links through `..data` (KEP-less upstream convention: AtomicWriter). Does
 * nothing when the contents are those already there. Returns whether anything changed.
 */
export async function writeAtomically(directory: string, payload: Payload): Promise<boolean> {
  for (const { path } of payload) checkPath(path)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const present = await readlink(join(directory, DATA)).catch(() => undefined)
  if (present !== undefined && (await holds(join(directory, present), payload))) {
    await linkTopLevel(directory, payload)
    return false
  }
  const fresh = await mkdtemp(join(directory, `..${stamp()}.`))
  await chmod(fresh, 0o755)
  await Promise.all(payload.map((file) => writeOne(fresh, file)))
  await symlink(fresh.slice(directory.length + 1), join(directory, `${DATA}_tmp`)).catch(async () => {
    await rm(join(directory, `${DATA}_tmp`), { force: true })
    await symlink(fresh.slice(directory.length + 1), join(directory, `${DATA}_tmp`))
  })
  await rename(join(directory, `${DATA}_tmp`), join(directory, DATA))
  await linkTopLevel(directory, payload)
  await removeStale(directory, fresh)
  return true
}

function checkPath(path: string): void {
  const first = path.split('/')[0] ?? ''
  if (path.startsWith('/') || normalize(path) !== path || path.split('/').includes('..') || first.startsWith('..')) {
    throw new Error(`invalid path ${JSON.stringify(path)}: must be relative and may not contain ".."`)
  }
}

async function writeOne(directory: string, { path, data, mode, uid }: PayloadFile): Promise<void> {
  const file = join(directory, path)
  await mkdir(dirname(file), { recursive: true, mode: 0o755 })
  await writeFile(file, data, { mode })
  await chmod(file, mode) // whatever the process's umask
  if (uid !== undefined) await chown(file, uid, -1)
}

async function holds(directory: string, payload: Payload): Promise<boolean> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    if (entries.filter((entry) => entry.isFile()).length !== payload.length) return false
    const same = await Promise.all(
      payload.map(({ path, data }) => readFile(join(directory, path)).then((bytes) => bytes.equals(data))),
    )
    return same.every(Boolean)
  } catch {
    return false // a file is missing or unreadable: it is written anew
  }
}

async function linkTopLevel(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set(payload.map(({ path }) => path.split('/')[0] as string))
  const present = await readdir(directory)
  const isThere = new Set(present)
  for (const name of wanted) if (!isThere.has(name)) await symlink(join(DATA, name), join(directory, name))
  for (const name of present)
    if (!name.startsWith('..') && !wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true })
}

async function removeStale(directory: string, fresh: string): Promise<void> {
  const stale = (await readdir(directory)).filter(
    (name) => name.startsWith('..') && name !== DATA && join(directory, name) !== fresh,
  )
  for (const name of stale)
    if ((await lstat(join(directory, name))).isDirectory())
      await rm(join(directory, name), { recursive: true, force: true })
}

/** `2026_01_31_12_00_00`, as upstream names these directories. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-T:]/g, '_')
}
