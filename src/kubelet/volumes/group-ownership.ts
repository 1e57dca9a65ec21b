import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface GroupOwnership {
  readonly gid: number
  readonly readOnly: boolean
  /** `OnRootMismatch`: leave the volume alone when its root is right already. */
  readonly policy: 'Always' | 'OnRootMismatch'
}

const SETGID = 0o2000
const READ_WRITE = 0o660
const READ_ONLY = 0o440
const EXECUTE = 0o110

/** Gives a volume to the pod's fsGroup: its group, group access, and new files of that group too. */
export async function applyGroup(root: string, ownership: GroupOwnership): Promise<void> {
  if (ownership.policy === 'OnRootMismatch' && (await rootIsRight(root, ownership))) return
  await give(root, ownership)
}

async function rootIsRight(root: string, { gid, readOnly }: GroupOwnership): Promise<boolean> {
  const { gid: present, mode } = await lstat(root)
  const wanted = SETGID | EXECUTE | (readOnly ? READ_ONLY : READ_WRITE)
  return present === gid && (mode & wanted) === wanted
}

async function give(path: string, ownership: GroupOwnership): Promise<void> {
  const stats = await lstat(path)
  await lchown(path, stats.uid, ownership.gid)
  if (stats.isSymbolicLink()) return
  const access = ownership.readOnly ? READ_ONLY : READ_WRITE
  const directory = stats.isDirectory()
  await chmod(path, (stats.mode & 0o7777) | access | (directory ? SETGID | EXECUTE : 0))
  if (!directory) return
  for (const name of await readdir(path)) await give(join(path, name), ownership)
}
