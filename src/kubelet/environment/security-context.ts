import { join } from 'node:path'
import type { AppArmorProfile, SeccompProfile } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type {
  Image,
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
} from '../cri/messages.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { allContainers, podTitle } from '../pods/pod.ts'

const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** Which namespaces the pod has of its own. */
export function namespaceOptions({ spec }: PodView): NamespaceOption {
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    pid: spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER',
    ipc: spec.hostIPC ? 'NODE' : 'POD',
  }
}

export function sandboxSecurityContext(pod: PodView, seccompDir: string): LinuxSandboxSecurityContext {
  const { securityContext } = pod.spec
  const privileged = allContainers(pod).some((container) => container.securityContext?.privileged === true)
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged,
    seccomp: seccompProfile(securityContext?.seccompProfile, seccompDir, 'RuntimeDefault'),
    ...(securityContext?.seLinuxOptions && { selinuxOptions: securityContext.seLinuxOptions }),
    ...(securityContext?.runAsUser !== undefined && { runAsUser: { value: securityContext.runAsUser } }),
    ...(securityContext?.runAsGroup !== undefined &&
      securityContext.runAsUser !== undefined && { runAsGroup: { value: securityContext.runAsGroup } }),
    supplementalGroups: supplementalGroups(pod),
    ...(securityContext?.supplementalGroupsPolicy && {
      supplementalGroupsPolicy: securityContext.supplementalGroupsPolicy,
    }),
  }
}

/**
 * The security settings of a container: its own over its pod's. `image` tells the user where the pod does not. Throws, with
 * upstream's text for CreateContainerConfigError, when runAsNonRoot forbids the user.
 */
export function containerSecurityContext(
  pod: PodView,
  container: ContainerSpec,
  image: Pick<Image, 'uid' | 'username'>,
  seccompDir: string,
): LinuxContainerSecurityContext {
  const outer = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const runAsUser = own.runAsUser ?? outer.runAsUser
  const runAsGroup = own.runAsGroup ?? outer.runAsGroup
  const selinuxOptions = own.seLinuxOptions ?? outer.seLinuxOptions
  if (own.runAsNonRoot ?? outer.runAsNonRoot) refuseRoot(pod, container, runAsUser, image)
  const unmasked = own.procMount === 'Unmasked'
  return {
    privileged: own.privileged ?? false,
    namespaceOptions: namespaceOptions(pod),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    supplementalGroups: supplementalGroups(pod),
    maskedPaths: unmasked ? [] : MASKED_PATHS,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: seccompProfile(own.seccompProfile ?? outer.seccompProfile, seccompDir, 'Unconfined'),
    ...appArmor(own.appArmorProfile ?? outer.appArmorProfile),
    ...user(runAsUser, runAsGroup, image),
    ...(outer.supplementalGroupsPolicy && { supplementalGroupsPolicy: outer.supplementalGroupsPolicy }),
    ...(selinuxOptions && { selinuxOptions }),
    ...(own.capabilities && {
      capabilities: {
        addCapabilities: own.capabilities.add ?? [],
        dropCapabilities: own.capabilities.drop ?? [],
      },
    }),
  }
}

function refuseRoot(
  pod: PodView,
  { name }: ContainerSpec,
  runAsUser: number | undefined,
  { uid, username }: Pick<Image, 'uid' | 'username'>,
): void {
  const where = `(pod: "${podTitle(pod)}", container: ${name})`
  if (runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`)
  if (runAsUser !== undefined) return
  if (uid?.value === 0 || (!uid && username === '')) {
    throw new Error(`container has runAsNonRoot and image will run as root ${where}`)
  }
  if (!uid) {
    const why = `image has non-numeric user (${username}), cannot verify user is non-root`
    throw new Error(`container has runAsNonRoot and ${why} ${where}`)
  }
}

function user(
  runAsUser: number | undefined,
  runAsGroup: number | undefined,
  { uid, username }: Pick<Image, 'uid' | 'username'>,
): Pick<LinuxContainerSecurityContext, 'runAsUser' | 'runAsGroup' | 'runAsUsername'> {
  const group = runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }
  if (runAsUser !== undefined) return { runAsUser: { value: runAsUser }, ...group }
  if (uid) return { runAsUser: { value: uid.value }, ...group }
  if (username !== '') return { runAsUsername: username, ...group }
  return group.runAsGroup ? { runAsUser: { value: 0 }, ...group } : {} // a group alone is refused by the runtime
}

function supplementalGroups({ spec }: PodView): number[] {
  const { supplementalGroups: groups = [], fsGroup } = spec.securityContext ?? {}
  return [...groups, ...(fsGroup === undefined ? [] : [fsGroup])]
}

function seccompProfile(
  profile: DeepReadonly<SeccompProfile> | undefined,
  seccompDir: string,
  fallback: SecurityProfile['profileType'],
): SecurityProfile {
  if (!profile) return { profileType: fallback }
  if (profile.type !== 'Localhost') return { profileType: profileType(profile.type) }
  return { profileType: 'Localhost', localhostRef: join(seccompDir, profile.localhostProfile ?? '') }
}

function appArmor(
  profile: DeepReadonly<AppArmorProfile> | undefined,
): Pick<LinuxContainerSecurityContext, 'apparmor' | 'apparmorProfile'> {
  if (!profile) return {} // the runtime's default where the host has AppArmor
  if (profile.type !== 'Localhost') return { apparmor: { profileType: profileType(profile.type) } }
  const localhostRef = profile.localhostProfile ?? ''
  return { apparmor: { profileType: 'Localhost', localhostRef }, apparmorProfile: `localhost/${localhostRef}` }
}

const profileType = (type: string): SecurityProfile['profileType'] =>
  type === 'Unconfined' || type === 'Localhost' ? type : 'RuntimeDefault'
