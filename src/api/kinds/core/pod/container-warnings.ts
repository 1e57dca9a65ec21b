import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ContainerPort } from '../../../types/core.v1.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import type { StringMap } from '../../validation/labels.ts'
import { isFractional } from '../../validation/quantities.ts'
import { warnIfFractional } from './fractional-warning.ts'
import type { Requirements } from './validate-resources.ts'
import { type ReadonlyContainer, type ReadonlySpec, visitContainers } from './visit-containers.ts'

const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/'
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/'

/** Where the spec and the annotations are, of a pod or of a template. */
export interface Where {
  readonly specPath: FieldPath
  readonly annotationsPath: FieldPath
  readonly isTemplate: boolean
}

export function containerWarnings(
  spec: ReadonlySpec,
  annotations: StringMap,
  { specPath, annotationsPath, isTemplate }: Where,
  warnings: string[],
): void {
  visitContainers(spec, specPath, (container, at) => {
    if (annotations) profileWarnings(container, spec, annotations, isTemplate, annotationsPath, warnings)
    if (container.resources) fractionWarnings(container.resources, at, warnings)
    if ((container.env?.length ?? 0) > 1) variableWarnings(container, at.child('env'), warnings)
  })
}

const WANTED = ['limits', 'requests'] as const

/** Of what comes in bytes. */
function fractionWarnings(resources: Requirements, at: FieldPath, warnings: string[]): void {
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const wanted of WANTED) {
      const amount = resources[wanted]?.[name]
      if (amount === undefined || !isFractional(amount)) continue
      warnIfFractional(amount, at.child('resources').child(wanted).key(name), warnings)
    }
  }
}

/** Annotations of the time before the fields. Pods with an AppArmor annotation alone keep working, silently. */
function profileWarnings(
  { name, securityContext }: ReadonlyContainer,
  spec: ReadonlySpec,
  annotations: NonNullable<StringMap>,
  isTemplate: boolean,
  at: FieldPath,
  warnings: string[],
): void {
  if (!securityContext?.seccompProfile && annotations[SECCOMP + name] !== undefined) {
    warnings.push(`${at.key(SECCOMP + name)}: non-functional in v1.27+; use the "seccompProfile" field instead`)
  }
  const hasAppArmor = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
  if (isTemplate && !hasAppArmor && annotations[APPARMOR + name] !== undefined) {
    warnings.push(`${at.key(APPARMOR + name)}: deprecated since v1.30; use the "appArmorProfile" field instead`)
  }
}

/** A variable may be defined again from itself: `PATH=$(PATH):/x`. */
function variableWarnings({ env = [] }: ReadonlyContainer, at: FieldPath, warnings: string[]): void {
  const names = new Set<string>()
  for (const [index, { name, value = '', valueFrom }] of env.entries()) {
    const reference = `$(${name})`
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference)
    if (names.has(name) && hides) {
      warnings.push(`${at.index(index)}: hides previous definition of "${name}", which may be dropped when using apply`)
    }
    names.add(name)
  }
}

type Port = DeepReadonly<ContainerPort>

/** Ports of all containers that get into each other's way. */
export function portWarnings(spec: ReadonlySpec, specPath: FieldPath, warnings: string[]): void {
  if (!mayClash(spec)) return
  const known = new Map<string, { at: FieldPath; port: Port }[]>()
  visitContainers(spec, specPath, ({ ports }, path) => {
    ports?.forEach((port, index) => {
      const at = path.child('ports').index(index)
      if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goStruct(port)}`)
      const key = `${port.containerPort}/${port.protocol}`
      const others = known.get(key) ?? []
      for (const other of others) {
        const relation = relationOf(port, other.port)
        if (relation) warnings.push(`${at}: ${relation} port definition with ${other.at}`)
      }
      known.set(key, [...others, { at, port }])
    })
  })
}

/** Most pods have one container with one port at most, that of no address: then there is nothing to say. */
function mayClash({ initContainers, containers, ephemeralContainers }: ReadonlySpec): boolean {
  if (initContainers?.length || ephemeralContainers?.length || containers?.length !== 1) return true
  const { ports } = containers[0] as ReadonlyContainer
  return ports !== undefined && (ports.length > 1 || Boolean(ports[0]?.hostIP))
}

/** As Go's `%+v` shows the port. */
const goStruct = ({ name = '', hostPort = 0, containerPort, protocol, hostIP }: Port): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`

function relationOf(a: Port, b: Port): string | undefined {
  const [portA, portB] = [a.hostPort ?? 0, b.hostPort ?? 0]
  const [addressA, addressB] = [a.hostIP ?? '', b.hostIP ?? '']
  if (addressA === addressB && portA === portB) return 'duplicate'
  if (portA === 0 || portB === 0) return 'overlapping'
  return portA === portB && (addressA === '') !== (addressB === '') ? 'dangerously ambiguous' : undefined
}
