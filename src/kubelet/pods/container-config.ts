import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerConfig, Image, Mount } from '../cri/messages.ts'
import type { ResourceHost } from '../environment/container-resources.ts'
import { containerResources } from '../environment/container-resources.ts'
import { expand } from '../environment/expansion.ts'
import { containerSecurityContext } from '../environment/security-context.ts'
import type { MountedVolume, VolumeManager } from '../volumes/volume-manager.ts'
import { containerAnnotations, containerLabels } from './container-labels.ts'
import type { ContainerSpec, PodView } from './pod.ts'
import type { PodDirectories } from './pod-directories.ts'

/** Everything that goes into the container of one attempt besides its specification. */
export interface ContainerSetting {
  readonly restartCount: number
  readonly image: Image
  readonly imageRef: string
  readonly env: ReadonlyMap<string, string>
  readonly volumes: ReadonlyMap<string, MountedVolume>
  readonly hostsFile: string | undefined
  readonly host: ResourceHost
}

export interface ContainerConfigDeps {
  readonly directories: PodDirectories
  readonly volumes: Pick<VolumeManager, 'prepareSubPath'>
}

/** A container as CRI is told. Makes its log folder and termination message file. Rejects with the text for the status. */
export async function containerConfig(
  pod: PodView,
  container: ContainerSpec,
  setting: ContainerSetting,
  deps: ContainerConfigDeps,
  signal: AbortSignal,
): Promise<ContainerConfig> {
  const { restartCount, image, imageRef, env, host } = setting
  const terminationMessageFile = await makeTerminationFile(pod, container, restartCount, deps.directories)
  await mkdir(join(deps.directories.podLogs(pod), container.name), { recursive: true, mode: 0o755 })
  const expanded = (text: string): string => expand(text, (name) => env.get(name))
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: imageRef, userSpecifiedImage: container.image ?? '' },
    command: (container.command ?? []).map(expanded),
    args: (container.args ?? []).map(expanded),
    workingDir: container.workingDir ?? '',
    envs: Array.from(env, ([key, value]) => ({ key, value })),
    mounts: await containerMounts(pod, container, setting, terminationMessageFile, deps, signal),
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, { restartCount, terminationMessageFile }),
    logPath: join(container.name, `${restartCount}.log`),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: containerResources(pod, container, host),
      securityContext: containerSecurityContext(pod, container, image, deps.directories.seccomp),
    },
  }
}

async function makeTerminationFile(
  { metadata }: PodView,
  { name }: ContainerSpec,
  restartCount: number,
  directories: PodDirectories,
): Promise<string> {
  const folder = directories.container(metadata.uid, name)
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const file = join(folder, String(restartCount))
  // Whatever user the container runs as has to be able to write it.
  await writeFile(file, '', { mode: 0o666 })
  return file
}

async function containerMounts(
  pod: PodView,
  container: ContainerSpec,
  { volumes, env, hostsFile }: ContainerSetting,
  terminationMessageFile: string,
  deps: ContainerConfigDeps,
  signal: AbortSignal,
): Promise<Mount[]> {
  const mounts: Mount[] = []
  for (const [mountIndex, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = volumes.get(mount.name)
    if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    const subPath = mount.subPathExpr ? expandSubPath(mount.subPathExpr, env) : mount.subPath
    const request = {
      podUid: pod.metadata.uid,
      containerName: container.name,
      mountIndex,
      volumeName: mount.name,
      volume,
    }
    const hostPath = subPath ? await deps.volumes.prepareSubPath({ ...request, subPath }, signal) : volume.hostPath
    mounts.push({
      containerPath: absolute(mount.mountPath),
      hostPath,
      readonly: mount.readOnly === true || volume.readOnly,
      propagation: propagationOf(mount.mountPropagation),
    })
  }
  const hasOwn = (path: string): boolean => mounts.some(({ containerPath }) => containerPath === path)
  if (hostsFile && !hasOwn('/etc/hosts')) mounts.push(fileMount('/etc/hosts', hostsFile))
  const messagePath = container.terminationMessagePath
  if (messagePath && !hasOwn(messagePath)) mounts.push(fileMount(messagePath, terminationMessageFile))
  return mounts
}

const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

function fileMount(containerPath: string, hostPath: string): Mount {
  return { containerPath, hostPath, readonly: false, propagation: 'PROPAGATION_PRIVATE' }
}

function expandSubPath(expression: string, env: ReadonlyMap<string, string>): string {
  const missing: string[] = []
  const subPath = expand(expression, (name) => {
    if (!env.has(name)) missing.push(name)
    return env.get(name)
  })
  if (missing.length > 0) throw new Error(`missing value for ${missing.map((name) => `"${name}"`).join(', ')}`)
  if (subPath.startsWith('/')) throw new Error(`error SubPath "${subPath}" must not be an absolute path`)
  if (subPath.split('/').includes('..'))
    throw new Error(`unable to provision SubPath "${subPath}": must not contain '..'`)
  return subPath
}

const PROPAGATION = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const

function propagationOf(mode: keyof typeof PROPAGATION | undefined): Mount['propagation'] {
  return PROPAGATION[mode ?? 'None']
}
