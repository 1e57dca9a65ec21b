import type { SELinuxOptions } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Check, Subject } from './subject.ts'
import { type containersOf, named, offenders, quoted, violation } from './subject.ts'

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])
const SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
])

const appArmor: Check = ({ annotations }) => {
  const bad = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_PREFIX) && value !== '' && value !== 'runtime/default')
    .filter(([, value]) => !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  if (bad.length === 0) return undefined
  return violation(`forbidden AppArmor profile${bad.length === 1 ? '' : 's'}`, bad.sort().join(', '))
}

const capabilities: Check = (subject) => {
  const added = new Set<string>()
  const bad = offenders(subject, ({ securityContext }) => {
    const own = (securityContext?.capabilities?.add ?? []).filter((capability) => !CAPABILITIES.has(capability))
    for (const capability of own) added.add(capability)
    return own.length > 0
  })
  if (bad.length === 0) return undefined
  const list = quoted([...added].sort())
  return violation(
    'non-default capabilities',
    `${named('container', bad)} must not include ${list} in securityContext.capabilities.add`,
  )
}

const hostNamespaces: Check = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  return used.length === 0 ? undefined : violation('host namespaces', used.map((field) => `${field}=true`).join(', '))
}

const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name)
  return names.length === 0 ? undefined : violation('hostPath volumes', named('volume', names))
}

const hostPorts: Check = (subject) => {
  const ports = new Set<number>()
  const bad = offenders(subject, (container) => {
    const own = (container.ports ?? []).flatMap(({ hostPort }) => hostPort || [])
    for (const port of own) ports.add(port)
    return own.length > 0
  })
  if (bad.length === 0) return undefined
  const noun = ports.size === 1 ? 'hostPort' : 'hostPorts'
  const list = [...ports].map(String).sort().join(', ')
  return violation('hostPort', `${named('container', bad)} ${bad.length === 1 ? 'uses' : 'use'} ${noun} ${list}`)
}

const privileged: Check = (subject) => {
  const bad = offenders(subject, ({ securityContext }) => securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  return violation('privileged', `${named('container', bad)} must not set securityContext.privileged=true`)
}

const procMount: Check = (subject) => {
  const bad = offenders(subject, ({ securityContext }) => securityContext?.procMount === 'Unmasked')
  if (bad.length === 0) return undefined
  return violation('procMount', `${named('container', bad)} must not set securityContext.procMount to "Unmasked"`)
}

const seLinuxOptions: Check = (subject) => {
  const types = new Set<string>()
  let user = false
  let role = false
  const isBad = (options: DeepReadonly<SELinuxOptions> | undefined) => {
    if (!options) return false
    const badType = !SELINUX_TYPES.has(options.type ?? '')
    if (badType) types.add(options.type as string)
    user ||= Boolean(options.user)
    role ||= Boolean(options.role)
    return badType || Boolean(options.user) || Boolean(options.role)
  }
  const setters = settersOf(subject, isBad(subject.spec.securityContext?.seLinuxOptions), ({ securityContext }) =>
    isBad(securityContext?.seLinuxOptions),
  )
  if (setters === '') return undefined
  const parts = [
    ...(types.size > 0 ? [`type${types.size === 1 ? '' : 's'} ${quoted([...types].sort())}`] : []),
    ...(user ? ['user may not be set'] : []),
    ...(role ? ['role may not be set'] : []),
  ]
  return violation('seLinuxOptions', `${setters} set forbidden securityContext.seLinuxOptions: ${parts.join('; ')}`)
}

const seccomp: Check = (subject) => {
  const isBad = (profile: { readonly type?: string } | undefined) => profile?.type === 'Unconfined'
  const setters = settersOf(subject, isBad(subject.spec.securityContext?.seccompProfile), ({ securityContext }) =>
    isBad(securityContext?.seccompProfile),
  )
  if (setters === '') return undefined
  return violation('seccompProfile', `${setters} must not set securityContext.seccompProfile.type to "Unconfined"`)
}

const sysctls: Check = ({ spec }) => {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SYSCTLS.has(name))
  return names.length === 0 ? undefined : violation('forbidden sysctls', names.join(', '))
}

const hostProcess: Check = (subject) => {
  const ofPod = subject.spec.securityContext?.windowsOptions?.hostProcess === true
  const setters = settersOf(
    subject,
    ofPod,
    ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
  )
  if (setters === '') return undefined
  return violation('hostProcess', `${setters} must not set securityContext.windowsOptions.hostProcess=true`)
}

/** Who broke a rule that pods and containers can break: `pod`, `container "a"`, `pod and container "a"`. */
function settersOf(
  subject: Subject,
  ofPod: boolean,
  bad: (container: ReturnType<typeof containersOf>[number]) => boolean,
) {
  const names = offenders(subject, bad)
  return [...(ofPod ? ['pod'] : []), ...(names.length > 0 ? [named('container', names)] : [])].join(' and ')
}

/** The baseline level, in the order in which upstream reports; `restricted` replaces those that it tightens. */
export const baselineChecks = {
  appArmor,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  procMount,
  seLinuxOptions,
  seccomp,
  sysctls,
  hostProcess,
} satisfies Record<string, Check>
