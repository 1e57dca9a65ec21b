import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PodView } from '../pods/pod.ts'
import type { CgroupHost } from './cgroup-host.ts'
import { controllerFiles } from './cgroup-host.ts'
import { sharesOf } from './cpu-shares.ts'
import type { CgroupResources } from './pod-resources.ts'
import { podCgroupResources, podTotal } from './pod-resources.ts'
import { QosClass, qosClassOf } from './qos.ts'

const QOS_FOLDER = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' } as const
const POD_PREFIX = 'pod'

/**
 * The pods' part of the cgroup hierarchy: `<root>/kubepods[/burstable|/besteffort]/pod<uid>`. Containers get theirs below
 * that of their pod from the runtime.
 */
export class CgroupTree {
  readonly #host: CgroupHost
  readonly #base: string
  readonly #top: string // what is this node's alone

  /** `root` goes before `/kubepods`: empty, or `/navarch-x` where several nodes share a host. */
  constructor(host: CgroupHost, root = '') {
    this.#host = host
    this.#base = join('/', root, 'kubepods')
    this.#top = root === '' ? this.#base : join('/', root)
  }

  /** What CRI is told as the sandbox's cgroup_parent. */
  pathOf(pod: PodView): string {
    return join(this.#base, QOS_FOLDER[qosClassOf(pod)], `${POD_PREFIX}${pod.metadata.uid}`)
  }

  async prepare(milliCpu: number): Promise<void> {
    await this.#write(this.#base, { cpuShares: sharesOf(milliCpu) })
    for (const folder of ['burstable', 'besteffort']) await this.#write(join(this.#base, folder), { cpuShares: 2 })
  }

  /** Makes the pod's cgroup with its limits. */
  async ensurePod(pod: PodView): Promise<void> {
    await this.#write(this.pathOf(pod), podCgroupResources(pod))
  }

  /** Gives the burstable class as a whole what its pods ask for; the best-effort class keeps the least. */
  async balance(pods: readonly PodView[]): Promise<void> {
    const burstable = pods.filter((pod) => qosClassOf(pod) === QosClass.Burstable)
    const milliCpu = burstable.reduce((sum, pod) => sum + podTotal(pod, 'requests', 'cpu'), 0)
    await this.#write(join(this.#base, 'burstable'), { cpuShares: sharesOf(milliCpu) })
  }

  /** Uids of the pods that have a cgroup. */
  async pods(): Promise<string[]> {
    const [root] = this.#host.mounts
    if (!root) return []
    const folders = Object.values(QOS_FOLDER).map((folder) => join(root.path, this.#base, folder))
    const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [] as string[])))
    return names.flat().flatMap((name) => (name.startsWith(POD_PREFIX) ? [name.slice(POD_PREFIX.length)] : []))
  }

  /** Removes the cgroups of a pod whose containers have ended; processes that are still in them are killed. */
  async removePod(uid: string): Promise<void> {
    const places = this.#host.mounts.flatMap(({ path }) =>
      Object.values(QOS_FOLDER).map((folder) => join(path, this.#base, folder, `${POD_PREFIX}${uid}`)),
    )
    await Promise.all(places.map(removeCgroup))
  }

  /** Removes everything of this node, when nothing runs any more. */
  async removeAll(): Promise<void> {
    await Promise.all(this.#host.mounts.map(({ path }) => removeCgroup(join(path, this.#top))))
  }

  async #write(path: string, resources: CgroupResources): Promise<void> {
    await this.#make(path)
    await Promise.all(
      controllerFiles(this.#host, resources).map(({ mount, file, value }) => writeFile(join(mount, path, file), value)),
    )
  }

  async #make(path: string): Promise<void> {
    if (this.#host.version === 1) {
      await Promise.all(this.#host.mounts.map((mount) => mkdir(join(mount.path, path), { recursive: true })))
      return
    }
    const [root] = this.#host.mounts
    let at = root?.path ?? ''
    for (const step of path.split('/').filter(Boolean)) {
      await enableControllers(at)
      at = join(at, step)
      await mkdir(at, { recursive: true })
    }
    await enableControllers(at) // the runtime's cgroups below need them
  }
}

const DELEGATED = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']

/** cgroup v2: children have only the controllers that their parent passes on. */
async function enableControllers(path: string): Promise<void> {
  const [available, enabled] = await Promise.all(
    ['cgroup.controllers', 'cgroup.subtree_control'].map(async (file) =>
      (await readFile(join(path, file), 'utf8')).trim().split(' '),
    ),
  )
  const missing = DELEGATED.filter((name) => available?.includes(name) && !enabled?.includes(name))
  if (missing.length === 0) return
  await writeFile(join(path, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '))
}

const REMOVE_TRIES = 20
const REMOVE_PAUSE_MS = 25

async function removeCgroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(path, entry.name))
  for (let attempt = 0; attempt < REMOVE_TRIES; attempt++) {
    try {
      return await rmdir(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY') throw error
      await killProcesses(path)
      await new Promise((resolve) => setTimeout(resolve, REMOVE_PAUSE_MS))
    }
  }
  throw new Error(`the cgroup ${path} cannot be removed: it has processes that do not end`)
}

async function killProcesses(path: string): Promise<void> {
  const text = await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '')
  for (const pid of text.split('\n').filter(Boolean).map(Number)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
