import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices, orderedChoices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkOwnerId } from '../../validation/numbers.ts'
import { checkDescendingPath } from '../../validation/paths.ts'
import type { SpecContext } from './context.ts'
import { checkWindowsOptions } from './validate-windows-options.ts'
import type { ReadonlySpec } from './visit-containers.ts'

const profileTypes = orderedChoices('Localhost', 'RuntimeDefault', 'Unconfined')
const procMounts = orderedChoices('Default', 'Unmasked')
const groupChangePolicies = choices('OnRootMismatch', 'Always')
const groupsPolicies = choices('Merge', 'Strict')
const labelChangePolicies = choices('Recursive', 'MountOption')

/** A container's own security settings. */
export function checkContainerSecurity(
  security: DeepReadonly<SecurityContext>,
  at: FieldPath,
  { errors, hostUsers }: SpecContext,
): void {
  checkOwnerId(security.runAsUser, at.child('runAsUser'), errors)
  checkOwnerId(security.runAsGroup, at.child('runAsGroup'), errors)
  checkOptionalChoice(security.procMount, procMounts, at.child('procMount'), errors)
  if (hostUsers && security.procMount === 'Unmasked') {
    errors.invalid(at.child('procMount'), 'Unmasked', '`hostUsers` must be false to use `Unmasked`')
  }
  checkSeccompProfile(security.seccompProfile, at.child('seccompProfile'), errors)
  if (security.allowPrivilegeEscalation === false) checkNoEscalation(security, at, errors)
  checkWindowsOptions(security.windowsOptions, at.child('windowsOptions'), errors)
  checkAppArmorProfile(security.appArmorProfile, at.child('appArmorProfile'), errors)
}

function checkNoEscalation(security: DeepReadonly<SecurityContext>, at: FieldPath, errors: FieldErrors): void {
  if (security.privileged) {
    errors.invalid(at, security, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  }
  if (security.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const problem = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
    errors.invalid(at, security, problem)
  }
}

/** Settings of the pod, which its containers inherit. */
export function checkPodSecurity(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const security = spec.securityContext
  if (spec.shareProcessNamespace && spec.hostPID) {
    const problem = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.invalid(at.child('shareProcessNamespace'), true, problem)
  }
  if (!security || isEmpty(security)) return
  checkOwnerId(security.fsGroup, at.child('fsGroup'), errors)
  checkOwnerId(security.runAsUser, at.child('runAsUser'), errors)
  checkOwnerId(security.runAsGroup, at.child('runAsGroup'), errors)
  security.supplementalGroups?.forEach((group, index) => {
    checkOwnerId(group, at.child('supplementalGroups').index(index), errors)
  })
  if (security.sysctls) checkSysctls(security.sysctls, spec, at.child('sysctls'), errors)
  checkPodPolicies(security, at, errors)
  checkSeccompProfile(security.seccompProfile, at.child('seccompProfile'), errors)
  checkWindowsOptions(security.windowsOptions, at.child('windowsOptions'), errors)
  checkAppArmorProfile(security.appArmorProfile, at.child('appArmorProfile'), errors)
}

/** `{}`, as defaulting gives it to every pod. */
function isEmpty(security: DeepReadonly<PodSecurityContext>): boolean {
  for (const _field in security) return false
  return true
}

function checkPodPolicies(security: DeepReadonly<PodSecurityContext>, at: FieldPath, errors: FieldErrors): void {
  checkOptionalChoice(security.fsGroupChangePolicy, groupChangePolicies, at.child('fsGroupChangePolicy'), errors)
  checkOptionalChoice(security.supplementalGroupsPolicy, groupsPolicies, at.child('supplementalGroupsPolicy'), errors)
  checkOptionalChoice(security.seLinuxChangePolicy, labelChangePolicies, at.child('seLinuxChangePolicy'), errors)
}

function checkSeccompProfile(
  profile: DeepReadonly<SeccompProfile> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!profile) return
  if (!profile.type) errors.required(at.child('type'), 'type is required when seccompProfile is set')
  else checkOptionalChoice(profile.type, profileTypes, at.child('type'), errors)
  const field = at.child('localhostProfile')
  if (profile.type !== 'Localhost') {
    if (profile.localhostProfile !== undefined) {
      errors.invalid(field, profile, 'can only be set when seccomp type is Localhost')
    }
  } else if (profile.localhostProfile === undefined) {
    errors.required(field, 'must be set when seccomp type is Localhost')
  } else checkDescendingPath(profile.localhostProfile, field, errors)
}

const MAX_PROFILE_PATH = 4095

function checkAppArmorProfile(
  profile: DeepReadonly<AppArmorProfile> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!profile) return
  const field = at.child('localhostProfile')
  if (profile.type === 'Localhost') checkLocalProfile(profile.localhostProfile, field, errors)
  else if (!profile.type) errors.required(at.child('type'), 'type is required when appArmorProfile is set')
  else if (!profileTypes.has(profile.type)) errors.notSupported(at.child('type'), profile.type, profileTypes.listed)
  else if (profile.localhostProfile !== undefined) {
    errors.invalid(field, profile.localhostProfile, 'can only be set when AppArmor type is Localhost')
  }
}

function checkLocalProfile(profile: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (profile === undefined) return errors.required(at, 'must be set when AppArmor type is Localhost')
  if (profile.trim() !== profile) errors.invalid(at, profile, 'must not be padded with whitespace')
  else if (profile === '') errors.required(at, 'must be set when AppArmor type is Localhost')
  if (profile.length > MAX_PROFILE_PATH) errors.tooLong(at, MAX_PROFILE_PATH)
}

const SYSCTL_MAX_LENGTH = 253
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SYSCTL_FORMAT = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`
const SYSCTL = new RegExp(SYSCTL_FORMAT)

function checkSysctls(sysctls: DeepReadonly<Sysctl[]>, spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const names = new Set<string>()
  for (const [index, { name }] of sysctls.entries()) {
    const field = at.index(index).child('name')
    if (!name) errors.required(field)
    else if (name.length > SYSCTL_MAX_LENGTH || !SYSCTL.test(name)) {
      errors.invalid(field, name, `must have at most ${SYSCTL_MAX_LENGTH} characters and match regex ${SYSCTL_FORMAT}`)
    } else if (names.has(name)) errors.duplicate(field, name)
    const sharedNamespace = sharedWithHost(name, spec)
    if (sharedNamespace) errors.invalid(field, name, `may not be specified when '${sharedNamespace}' is true`)
    names.add(name)
  }
}

/** A setting of a namespace that the pod shares with the node would change the node. */
function sharedWithHost(sysctl: string, spec: ReadonlySpec): string | undefined {
  const name = sysctl.replaceAll('/', '.')
  if (spec.hostNetwork && name.startsWith('net.')) return 'hostNetwork'
  if (spec.hostIPC && (/^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(name) || name === 'kernel.sem')) return 'hostIPC'
  return undefined
}
