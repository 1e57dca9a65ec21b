import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import type { Containerd } from './containerd.ts'

const run = promisify(execFile)

/** How many sandboxes are taken down at the same time. */
const PARALLEL = 8
const UNMOUNT_AT_ONCE = 50

/**
 * Ends everything that a private containerd runs, and containerd itself: containers, sandboxes (with their networks),
 * shims and mounts. Images are kept. containerd has to answer; `Containerd.start` sees to that.
 */
export async function tearDown(containerd: Containerd, runtime: ContainerRuntime, signal: AbortSignal): Promise<void> {
  await removeSandboxes(runtime, signal)
  await containerd.stop()
  await endShims(containerd.paths.socket)
  const { root, state } = containerd.paths
  await unmountBelow([root, state])
  await rm(state, { recursive: true, force: true })
}

async function removeSandboxes(runtime: ContainerRuntime, signal: AbortSignal): Promise<void> {
  const waiting = [...(await runtime.listPodSandboxes({}, signal))]
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await runtime.stopPodSandbox(next.id, signal)
      await runtime.removePodSandbox(next.id, signal)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

/** Shims that are left (their sandbox was unknown to CRI) name their containerd in their arguments. */
async function endShims(socket: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') // it has ended meanwhile
    const words = command.split('\0')
    if (!words[0]?.includes('containerd-shim') || !words.includes(socket)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

async function unmountBelow(directories: readonly string[]): Promise<void> {
  const points = mountPointsBelow(await readFile('/proc/self/mountinfo', 'utf8'), directories)
  for (let at = 0; at < points.length; at += UNMOUNT_AT_ONCE) {
    await run('umount', ['--lazy', ...points.slice(at, at + UNMOUNT_AT_ONCE)])
  }
}

/** Mount points in the given directories, the innermost first. */
export function mountPointsBelow(mountinfo: string, directories: readonly string[]): string[] {
  const points = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? [])
  const below = points.filter((point) => directories.some((directory) => point.startsWith(`${directory}/`)))
  return below.map(unescaped).reverse()
}

/** mountinfo writes blanks and the like as octal escapes. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
