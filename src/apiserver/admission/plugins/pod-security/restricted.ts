import type { Check, Subject } from './subject.ts'
import { containersOf, named, offenders, quoted, violation } from './subject.ts'

const VOLUME_TYPES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const isWindows = ({ spec }: Subject): boolean => spec.os?.name === 'windows'

const allowPrivilegeEscalation: Check = (subject) => {
  if (isWindows(subject)) return undefined
  const bad = offenders(subject, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  const detail = `${named('container', bad)} must set securityContext.allowPrivilegeEscalation=false`
  return violation('allowPrivilegeEscalation != false', detail)
}

const capabilities: Check = (subject) => {
  if (isWindows(subject)) return undefined
  const added = new Set<string>()
  const keeping = offenders(subject, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const adding = offenders(subject, ({ securityContext }) => {
    const own = (securityContext?.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE')
    for (const capability of own) added.add(capability)
    return own.length > 0
  })
  const list = quoted([...added].sort())
  const details = [
    ...(keeping.length > 0
      ? [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [`${named('container', adding)} must not include ${list} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length === 0 ? undefined : violation('unrestricted capabilities', details.join('; '))
}

const volumeTypes: Check = ({ spec }) => {
  const types = new Set<string>()
  const names: string[] = []
  for (const { name, ...source } of spec.volumes ?? []) {
    const type = Object.keys(source)[0]
    if (type === undefined || VOLUME_TYPES.has(type)) continue
    names.push(name)
    types.add(type)
  }
  if (names.length === 0) return undefined
  const verb = names.length === 1 ? 'uses' : 'use'
  const kinds = `restricted volume type${types.size === 1 ? '' : 's'} ${quoted([...types].sort())}`
  return violation('restricted volume types', `${named('volume', names)} ${verb} ${kinds}`)
}

const runAsNonRoot: Check = (subject) => {
  const ofPod = subject.spec.securityContext?.runAsNonRoot
  const rooted = offenders(subject, ({ securityContext }) => securityContext?.runAsNonRoot === false)
  const setters = [...(ofPod === false ? ['pod'] : []), ...(rooted.length > 0 ? [named('container', rooted)] : [])]
  if (setters.length > 0) {
    return violation('runAsNonRoot != true', `${setters.join(' and ')} must not set securityContext.runAsNonRoot=false`)
  }
  if (ofPod === true) return undefined
  const silent = offenders(subject, ({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (silent.length === 0) return undefined
  return violation(
    'runAsNonRoot != true',
    `pod or ${named('container', silent)} must set securityContext.runAsNonRoot=true`,
  )
}

const runAsUser: Check = (subject) => {
  const ofPod = subject.spec.securityContext?.runAsUser === 0
  const rooted = offenders(subject, ({ securityContext }) => securityContext?.runAsUser === 0)
  const setters = [...(ofPod ? ['pod'] : []), ...(rooted.length > 0 ? [named('container', rooted)] : [])]
  if (setters.length === 0) return undefined
  return violation('runAsUser=0', `${setters.join(' and ')} must not set runAsUser=0`)
}

const seccomp: Check = (subject) => {
  if (isWindows(subject)) return undefined
  const good = (type: string | undefined) => type === 'RuntimeDefault' || type === 'Localhost'
  const ofPod = subject.spec.securityContext?.seccompProfile?.type
  const typeOf = ({ securityContext }: ReturnType<typeof containersOf>[number]) => securityContext?.seccompProfile?.type
  const wrong = offenders(subject, (container) => typeOf(container) !== undefined && !good(typeOf(container)))
  const setters = [
    ...(ofPod !== undefined && !good(ofPod) ? ['pod'] : []),
    ...(wrong.length > 0 ? [named('container', wrong)] : []),
  ]
  if (setters.length > 0) {
    const types = new Set(
      [ofPod, ...containersOf(subject).map(typeOf)].filter((type) => type !== undefined && !good(type)),
    )
    const list = quoted([...(types as Set<string>)].sort())
    return violation(
      'seccompProfile',
      `${setters.join(' and ')} must not set securityContext.seccompProfile.type to ${list}`,
    )
  }
  if (good(ofPod)) return undefined
  const silent = offenders(subject, (container) => typeOf(container) === undefined)
  if (silent.length === 0) return undefined
  const detail = `pod or ${named('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`
  return violation('seccompProfile', detail)
}

/** The restricted level's own checks, in the order in which upstream reports. */
export const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  volumeTypes,
  runAsNonRoot,
  runAsUser,
  seccomp,
]
