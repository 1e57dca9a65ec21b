import type { Stats } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import type { HostPathVolumeSource } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { VolumePlugin } from './volume-plugin.ts'

/** A path of the host, as it is. */
export const hostPath: VolumePlugin = {
  name: 'kubernetes.io/host-path',
  handles: ({ hostPath: source }) => source !== undefined,
  async mount({ volume }) {
    const source = volume.hostPath as DeepReadonly<HostPathVolumeSource>
    await prepareHostPath(source)
    return { hostPath: source.path, readOnly: false, ownedByGroup: false }
  },
}

/** Checks the path's type, and makes what the OrCreate types make. Throws in upstream's words. */
export async function prepareHostPath({ path, type = '' }: DeepReadonly<HostPathVolumeSource>): Promise<void> {
  const present = await stat(path).catch(() => undefined)
  switch (type) {
    case '':
      // The runtime makes a directory for a bind mount whose source is missing; so do we.
      if (!present) await mkdir(path, { recursive: true, mode: 0o755 })
      return
    case 'DirectoryOrCreate':
      if (!present) await mkdir(path, { recursive: true, mode: 0o755 })
      else check(present.isDirectory(), path, 'a directory')
      return
    case 'FileOrCreate':
      if (!present) await writeFile(path, '', { mode: 0o644 })
      else check(present.isFile(), path, 'a file')
      return
    default:
      return check(isA(type, present), path, NAMES[type] ?? type)
  }
}

const NAMES: Readonly<Record<string, string>> = {
  Directory: 'a directory',
  File: 'a file',
  Socket: 'a socket file',
  CharDevice: 'a character device',
  BlockDevice: 'a block device',
}

function isA(type: string, present: Stats | undefined): boolean {
  if (!present) return false
  if (type === 'Directory') return present.isDirectory()
  if (type === 'File') return present.isFile()
  if (type === 'Socket') return present.isSocket()
  if (type === 'CharDevice') return present.isCharacterDevice()
  return type === 'BlockDevice' && present.isBlockDevice()
}

function check(holds: boolean, path: string, what: string): void {
  if (!holds) throw new Error(`hostPath type check failed: ${path} is not ${what}`)
}
