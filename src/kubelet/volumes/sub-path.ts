import { chmod, constants, mkdir, open, readlink, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { MountTable } from './mount-table.ts'
import type { SubPathRequest } from './volume-manager.ts'

/** Opens a name without following a link at its end and without reading it (Linux O_PATH). */
const O_PATH = 0o10000000

/**
 * Pins a path inside a volume: bind-mounts it under `target`, through an open handle that was checked to lie in the volume.
 * A container that swaps a directory for a link meanwhile cannot lead us outside (CVE-2017-1002101).
 */
export async function pinSubPath(
  { volume, subPath }: SubPathRequest,
  target: string,
  mounts: MountTable,
  signal: AbortSignal,
): Promise<string> {
  if (await mounts.isMounted(target)) return target
  const root = await realpath(volume.hostPath)
  await makeInside(root, subPath)
  const path = await realpath(resolve(root, subPath))
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW)
  try {
    const actual = await readlink(`/proc/self/fd/${handle.fd}`)
    if (!isInside(actual, root)) throw new Error(`subpath ${JSON.stringify(subPath)} not within volume path`)
    await makeTarget(target, (await stat(actual)).isDirectory())
    await mounts.bind(`/proc/${process.pid}/fd/${handle.fd}`, target, signal)
    return target
  } finally {
    await handle.close()
  }
}

/**
 * Makes the missing part of a path, one directory at a time, each checked before the next is made in it. What is made may be
 * used by whoever may use the volume.
 */
async function makeInside(root: string, subPath: string): Promise<void> {
  const { mode } = await stat(root)
  let present = root
  for (const part of subPath.split('/').filter((name) => name !== '' && name !== '.')) {
    if (part === '..') throw new Error(`subpath ${JSON.stringify(subPath)} must not contain ".."`)
    const next = join(present, part)
    const exists = await stat(next).then(
      () => true,
      () => false,
    )
    if (!exists) await makeWithMode(next, mode & 0o7777)
    present = await realpath(next)
    if (!isInside(present, root)) throw new Error(`subpath ${JSON.stringify(subPath)} not within volume path`)
  }
}

/** Whatever the umask takes away is given back. */
async function makeWithMode(path: string, mode: number): Promise<void> {
  await mkdir(path)
  await chmod(path, mode)
}

async function makeTarget(target: string, directory: boolean): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  if (directory) await mkdir(target, { recursive: true })
  else await writeFile(target, '', { flag: 'a' })
}

const isInside = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === sep ? sep : root + sep)
