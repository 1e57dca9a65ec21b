import { execFile } from 'node:child_process'
import type { Stats } from 'node:fs'
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import type { MountTable } from '../volumes/mount-table.ts'

export interface VolumeDirectoriesDeps {
  /** Every volume is a child of this directory; nothing else is ever touched. */
  readonly root: string
  readonly mounts: Pick<MountTable, 'below'>
}

/** As the provisioner names them. */
const VOLUME_NAME = /^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Only its owner gets through the root: so the volumes below can be open to whatever user a pod runs as. */
const ROOT_MODE = 0o700
const VOLUME_MODE = 0o777

const run = promisify(execFile)

/** The directories behind local volumes. Paths come from API objects and are not trusted. */
export class VolumeDirectories {
  readonly #deps: VolumeDirectoriesDeps

  constructor(deps: VolumeDirectoriesDeps) {
    this.#deps = deps
  }

  /** Makes a volume's directory; one that is there stays as it is. */
  async prepare(path: string): Promise<void> {
    this.#check(path)
    await mkdir(this.#deps.root, { recursive: true, mode: ROOT_MODE })
    if (await found(path)) return
    await mkdir(path)
    await chmod(path, VOLUME_MODE) // mkdir's mode would lose the umask's bits
  }

  /**
   * Removes a volume's directory with all that is in it, without following links and without leaving its file system;
   * what is not there is removed. Throws when something is mounted inside: whose that is, is not known.
   */
  async remove(path: string, signal: AbortSignal): Promise<void> {
    this.#check(path)
    if ((await found(this.#deps.root))?.isSymbolicLink()) throw new Error(`${this.#deps.root} is a symbolic link`)
    const present = await found(path)
    if (!present) return
    if (present.isSymbolicLink()) return unlink(path)
    if (!present.isDirectory()) throw new Error(`${path} is not a directory`)
    const [mounted] = await this.#deps.mounts.below(path)
    if (mounted) throw new Error(`${path} is not removed: ${mounted} is a mount point`)
    // rm walks by file descriptors: a directory that is swapped for a link meanwhile leads it nowhere.
    await run('rm', ['-rf', '--one-file-system', '--', path], { signal })
  }

  #check(path: string): void {
    if (dirname(path) === this.#deps.root && VOLUME_NAME.test(basename(path))) return
    throw new Error(`${path} is not a volume below ${this.#deps.root}`)
  }
}

async function found(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
