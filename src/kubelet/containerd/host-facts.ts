import { execFile } from 'node:child_process'
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CAP_SYS_RESOURCE = 24n

/** What the host allows, as far as containerd's configuration depends on it. */
export interface HostFacts {
  /** May lower oom_score_adj; without it containers keep at least our own. */
  readonly mayLowerOomScore: boolean
  readonly snapshotter: 'overlayfs' | 'native'
  /** Where the distribution puts the CNI plugins. */
  readonly cniBinDir: string
}

/** Looks at the host; `directory` is where containerd's root will be: overlay mounts are tried there. */
export async function hostFacts(directory: string): Promise<HostFacts> {
  const [status, overlay, debian] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    overlayWorks(directory),
    exists('/usr/lib/cni/bridge'),
  ])
  return {
    mayLowerOomScore: hasCapability(status, CAP_SYS_RESOURCE),
    snapshotter: overlay ? 'overlayfs' : 'native',
    cniBinDir: debian ? '/usr/lib/cni' : '/opt/cni/bin',
  }
}

/** Whether /proc/<pid>/status shows a capability, by its number, as effective. */
export function hasCapability(status: string, capability: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return (BigInt(`0x${effective}`) & (1n << capability)) !== 0n
}

/** Mounts an overlay and takes it away again: whether that works depends on kernel, file system and permissions. */
async function overlayWorks(directory: string): Promise<boolean> {
  const probe = join(directory, 'overlay-probe')
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(probe, name))
  try {
    for (const path of [lower, upper, work, merged]) await mkdir(path as string, { recursive: true })
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
    await run('mount', ['-t', 'overlay', 'overlay', '-o', options, merged as string])
    await run('umount', [merged as string])
    return true
  } catch {
    return false // not supported here: the native snapshotter works everywhere
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
