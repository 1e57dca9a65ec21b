import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The main process of a container or sandbox, as containerd's shim noted it; `id` with or without `containerd://`. */
export function processOf(runtimeDir: string, id: string): number {
  const tasks = join(runtimeDir, 'containerd', 'io.containerd.runtime.v2.task', 'k8s.io')
  return Number(readFileSync(join(tasks, id.replace('containerd://', ''), 'init.pid'), 'utf8'))
}

/** Clock ticks from boot to a process's start (proc(5)): with its id it tells whether it is still the same process. */
export function startTimeOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] as string
}

/** The limits that the kernel enforces on a process, of cgroup v1 or v2; CPU as a number of cores. */
export function cgroupLimits(pid: number): { readonly memoryBytes: number; readonly cores: number } {
  const [memory] = firstOf(controllerPath(pid, 'memory'), ['memory.limit_in_bytes', 'memory.max'])
  const cpu = controllerPath(pid, 'cpu')
  const [quota, period = firstOf(cpu, ['cpu.cfs_period_us'])[0]] = firstOf(cpu, ['cpu.cfs_quota_us', 'cpu.max'])
  return { memoryBytes: Number(memory), cores: Number(quota) / Number(period) }
}

/** Lines of /proc/<pid>/cgroup are `id:controllers:path`; the unified hierarchy has no controllers there. */
function controllerPath(pid: number, controller: string): string {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(':'))
  const own = groups.find(([, names]) => names?.split(',').includes(controller))
  const unified = groups.find(([, names]) => names === '')
  return own ? `/sys/fs/cgroup/${controller}${own[2]}` : `/sys/fs/cgroup${unified?.[2]}`
}

/** The words of the first of these files that the directory has. */
function firstOf(directory: string, names: readonly string[]): string[] {
  const file = names.map((name) => join(directory, name)).find((candidate) => existsSync(candidate))
  if (!file) throw new Error(`${directory} has none of ${names.join(', ')}`)
  return readFileSync(file, 'utf8').trim().split(' ')
}
