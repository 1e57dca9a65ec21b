import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { programDirectories } from '../../base/system-path.ts'

/** Programs that a node calls; each with the directories that distributions put it in. */
const PROGRAMS = ['containerd', 'runc', 'nft', 'ip', 'mount', 'umount']
const CNI_DIRECTORIES = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni']

/** What of them is not on this host. */
export function missingPrograms(): string[] {
  const path = programDirectories()
  const missing = PROGRAMS.filter((program) => !path.some((directory) => isExecutable(join(directory, program))))
  const hasCni = CNI_DIRECTORIES.some((directory) => isExecutable(join(directory, 'bridge')))
  return hasCni ? missing : [...missing, 'the CNI plugins (containernetworking-plugins)']
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
