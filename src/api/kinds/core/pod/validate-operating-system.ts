import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PodSecurityContext, PodSpec, SecurityContext } from '../../../types/core.v1.ts'
import { choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { type ReadonlyContainer, type ReadonlySpec, someContainer, visitContainers } from './visit-containers.ts'

const systems = choices('linux', 'windows')

/** spec.os: settings of the other system's may not be there. */
export function checkOperatingSystem(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (!spec.os) return
  const { name } = spec.os
  if (!name) errors.required(at.child('os').child('name'), 'cannot be empty')
  else if (!systems.has(name)) errors.notSupported(at.child('os'), name, systems.listed)
  else if (name === 'linux') checkLinux(spec, at, errors)
  else checkWindows(spec, at, errors)
}

function checkLinux(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const problem = 'windows options cannot be set for a linux pod'
  if (spec.securityContext?.windowsOptions) errors.forbidden(at.child('securityContext.windowsOptions'), problem)
  visitContainers(spec, at, (container, path) => {
    if (container.securityContext?.windowsOptions) {
      errors.forbidden(path.child('securityContext.windowsOptions'), problem)
    }
  })
}

const NOT_ON_WINDOWS = 'cannot be set for a windows pod'

const linuxPodSecurity: readonly (keyof PodSecurityContext)[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
]
const linuxContainerSecurity: readonly (keyof SecurityContext)[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
]
const linuxSpec: readonly (keyof PodSpec)[] = ['hostUsers', 'shareProcessNamespace']
/** Plain booleans: false is the same as unset. */
const linuxSwitches: readonly (keyof PodSpec)[] = ['hostPID', 'hostIPC']

function checkWindows(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const refuse = (path: FieldPath, field: string) => errors.forbidden(path.child(field), NOT_ON_WINDOWS)
  for (const field of linuxSpec) if (spec[field] !== undefined) refuse(at, field)
  for (const field of linuxSwitches) if (spec[field]) refuse(at, field)
  refuseFields(spec.securityContext, linuxPodSecurity, at.child('securityContext'), refuse)
  visitContainers(spec, at, (container, path) => {
    refuseFields(container.securityContext, linuxContainerSecurity, path.child('securityContext'), refuse)
  })
}

function refuseFields<T extends object>(
  holder: DeepReadonly<T> | undefined,
  fields: readonly (keyof T & string)[],
  at: FieldPath,
  refuse: (path: FieldPath, field: string) => void,
): void {
  if (!holder) return
  const values = holder as Readonly<Record<string, unknown>>
  for (const field of fields) if (values[field] !== undefined) refuse(at, field)
}

const saysHostProcess = ({ securityContext }: ReadonlyContainer): boolean =>
  securityContext?.windowsOptions?.hostProcess !== undefined

/** HostProcess containers (KEP-1981): all of a pod's or none, and on the host's network. */
export function checkHostProcess(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  if (ofPod === undefined && !someContainer(spec, saysHostProcess)) return
  let all = true
  let some = false
  visitContainers(spec, at, (container, path) => {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const problem = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      errors.invalid(path.child('securityContext.windowsOptions.hostProcess'), own, problem)
    }
    if (own ?? ofPod) some = true
    else all = false
  })
  if (!some) return
  if (!all) {
    const problem = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    errors.invalid(at, '', problem)
  }
  if (!spec.hostNetwork) {
    const problem = 'hostNetwork must be true if pod contains any hostProcess containers'
    errors.invalid(at.child('hostNetwork'), false, problem)
  }
}

/** A pod in a user namespace of its own (KEP-127) may not join the host's others. */
export function checkHostUsers(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (spec.hostUsers !== false) return
  const problem = 'when `hostUsers` is false'
  if (spec.hostNetwork) errors.forbidden(at.child('hostNetwork'), problem)
  if (spec.hostPID) errors.forbidden(at.child('HostPID'), problem)
  if (spec.hostIPC) errors.forbidden(at.child('HostIPC'), problem)
  visitContainers(spec, at, (container, path) => {
    if (container.volumeDevices?.length) errors.forbidden(path.child('volumeDevices'), problem)
  })
}
