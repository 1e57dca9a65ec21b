import { spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { systemEnvironment } from '../../base/system-path.ts'

/** The host's mounts, as far as the kubelet makes and removes some. */
export interface MountTable {
  /** Mount points at or below a directory, deepest first. */
  below(directory: string): Promise<readonly string[]>
  isMounted(path: string): Promise<boolean>
  /** Mounts a memory file system; `sizeBytes` bounds it. */
  mountTmpfs(
    path: string,
    options: { readonly sizeBytes?: number; readonly mode?: string },
    signal: AbortSignal,
  ): Promise<void>
  bind(source: string, target: string, signal: AbortSignal): Promise<void>
  unmount(path: string, signal: AbortSignal): Promise<void>
}

export const hostMounts: MountTable = {
  async below(directory) {
    const points = mountPoints(await readFile('/proc/self/mountinfo', 'utf8'))
    const inside = points.filter((point) => point === directory || point.startsWith(`${directory}/`))
    return inside.sort((a, b) => b.length - a.length)
  },
  async isMounted(path) {
    return mountPoints(await readFile('/proc/self/mountinfo', 'utf8')).includes(path)
  },
  async mountTmpfs(path, { sizeBytes, mode = '0777' }, signal) {
    await mkdir(path, { recursive: true })
    const options = [`mode=${mode}`, ...(sizeBytes ? [`size=${sizeBytes}`] : [])].join(',')
    await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], signal)
  },
  bind: (source, target, signal) => run('mount', ['--bind', source, target], signal),
  unmount: (path, signal) => run('umount', ['--no-mtab', path], signal),
}

/** The fifth field of each line; blanks and the like are octal escapes there (proc(5)). */
export function mountPoints(mountinfo: string): string[] {
  const fields = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? [])
  return fields.map((field) =>
    field.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
  )
}

function run(command: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = systemEnvironment()
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], signal, env })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk
    })
    child.on('error', (cause) => reject(new Error(`${command} could not be run: ${cause.message}`, { cause })))
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(words.trim() || `${command}: exit status ${code}`)),
    )
  })
}
