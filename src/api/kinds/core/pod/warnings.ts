import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  Affinity,
  HostAlias,
  LocalObjectReference,
  NodeSelectorTerm,
  Pod,
  PodTemplateSpec,
} from '../../../types/core.v1.ts'
import { FieldPath } from '../../validation/field-path.ts'
import type { StringMap } from '../../validation/labels.ts'
import type { ReadonlyResources } from '../resources.ts'
import { containerWarnings, portWarnings, type Where } from './container-warnings.ts'
import { warnIfFractional } from './fractional-warning.ts'
import type { ReadonlySpec } from './visit-containers.ts'
import { volumeWarnings } from './volume-warnings.ts'

/** Advice that a client gets with a pod that is accepted. */
export function podWarnings({ metadata, spec }: DeepReadonly<Pod>): string[] {
  return warningsOf(spec, metadata.annotations, ofPod)
}

/** The same for the template of a workload; `path` is where it is: `spec.template`. */
export function podTemplateWarnings(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  path: string,
  _old?: DeepReadonly<PodTemplateSpec>,
): string[] {
  if (!template?.spec) return []
  return warningsOf(template.spec, template.metadata?.annotations, { ...placeOf(FieldPath.of(path)), isTemplate: true })
}

const placeOf = (template: FieldPath) => ({
  specPath: template.child('spec'),
  annotationsPath: template.child('metadata.annotations'),
})
const ofPod: Where = {
  specPath: FieldPath.of('spec'),
  annotationsPath: FieldPath.of('metadata.annotations'),
  isTemplate: false,
}

function warningsOf(spec: ReadonlySpec, annotations: StringMap, where: Where): string[] {
  const { specPath, annotationsPath } = where
  const warnings: string[] = []
  placementWarnings(spec, specPath, warnings)
  annotationWarnings(spec, annotations, annotationsPath, warnings)
  if (spec.volumes) volumeWarnings(spec.volumes, specPath.child('volumes'), warnings)
  if (spec.hostAliases) repeatedAddressWarnings(spec.hostAliases, specPath.child('hostAliases'), warnings)
  if (spec.imagePullSecrets) repeatedSecretWarnings(spec.imagePullSecrets, specPath.child('imagePullSecrets'), warnings)
  if (spec.overhead) fractionWarnings(spec.overhead, specPath.child('overhead'), warnings)
  containerWarnings(spec, annotations, where, warnings)
  portWarnings(spec, specPath, warnings)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const field = specPath.child('terminationGracePeriodSeconds')
    warnings.push(`${field}: must be >= 0; negative values are invalid and will be treated as 1`)
  }
  if (spec.affinity) nullSelectorWarnings(spec.affinity, specPath.child('affinity'), warnings)
  return warnings
}

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

function placementWarnings(spec: ReadonlySpec, at: FieldPath, warnings: string[]): void {
  for (const key in spec.nodeSelector) {
    const advice = deprecatedNodeLabels[key]
    if (advice) warnings.push(`${at.child('nodeSelector').key(key)}: ${advice}`)
  }
  if (spec.affinity?.nodeAffinity) nodeAffinityWarnings(spec.affinity, at.child('affinity.nodeAffinity'), warnings)
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, index) => {
    const item = at.child('topologySpreadConstraints').index(index)
    const advice = deprecatedNodeLabels[topologyKey]
    if (advice) warnings.push(`${item.child('topologyKey')}: ${topologyKey} is ${advice}`)
    if (!labelSelector) warnings.push(`${item.child('labelSelector')}: ${NO_SELECTOR}`)
  })
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

function nodeAffinityWarnings({ nodeAffinity }: DeepReadonly<Affinity>, at: FieldPath, warnings: string[]): void {
  nodeAffinity?.[REQUIRED]?.nodeSelectorTerms.forEach((term, index) => {
    termWarnings(term, at.child(REQUIRED).child('nodeSelectorTerms').index(index), warnings)
  })
  nodeAffinity?.[PREFERRED]?.forEach(({ preference }, index) => {
    termWarnings(preference, at.child(PREFERRED).index(index).child('preference'), warnings)
  })
}

function termWarnings({ matchExpressions }: DeepReadonly<NodeSelectorTerm>, at: FieldPath, warnings: string[]): void {
  matchExpressions?.forEach(({ key }, index) => {
    const advice = deprecatedNodeLabels[key]
    if (advice) warnings.push(`${at.child('matchExpressions').index(index).child('key')}: ${key} is ${advice}`)
  })
}

const NO_SELECTOR = 'a null labelSelector results in matching no pod'

function nullSelectorWarnings(affinity: DeepReadonly<Affinity>, at: FieldPath, warnings: string[]): void {
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    affinity[kind]?.[REQUIRED]?.forEach(({ labelSelector }, index) => {
      const item = at.child(kind).child(REQUIRED).index(index)
      if (!labelSelector) warnings.push(`${item.child('labelSelector')}: ${NO_SELECTOR}`)
    })
    affinity[kind]?.[PREFERRED]?.forEach(({ podAffinityTerm }, index) => {
      const item = at.child(kind).child(PREFERRED).index(index)
      if (!podAffinityTerm.labelSelector)
        warnings.push(`${item.child('podAffinityTerm.labelSelector')}: ${NO_SELECTOR}`)
    })
  }
}

const deprecatedAnnotations = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod'

function annotationWarnings(spec: ReadonlySpec, annotations: StringMap, at: FieldPath, warnings: string[]): void {
  if (!annotations) return
  for (const [key, advice] of deprecatedAnnotations) {
    if (annotations[key] !== undefined) warnings.push(`${at.key(key)}: ${advice}`)
  }
  if (!spec.securityContext?.seccompProfile && annotations[SECCOMP] !== undefined) {
    warnings.push(`${at.key(SECCOMP)}: non-functional in v1.27+; use the "seccompProfile" field instead`)
  }
}

function fractionWarnings(amounts: ReadonlyResources, at: FieldPath, warnings: string[]): void {
  for (const name of ['memory', 'ephemeral-storage']) warnIfFractional(amounts[name], at.key(name), warnings)
}

function repeatedAddressWarnings(aliases: DeepReadonly<HostAlias[]>, at: FieldPath, warnings: string[]): void {
  const addresses = new Set<string>()
  aliases.forEach(({ ip }, index) => {
    if (addresses.has(ip)) warnings.push(`${at.index(index).child('ip')}: duplicate ip "${ip}"`)
    addresses.add(ip)
  })
}

function repeatedSecretWarnings(
  secrets: DeepReadonly<LocalObjectReference[]>,
  at: FieldPath,
  warnings: string[],
): void {
  const names = new Set<string>()
  secrets.forEach(({ name = '' }, index) => {
    const field = at.index(index).child('name')
    if (names.has(name)) warnings.push(`${field}: duplicate name "${name}"`)
    if (name === '') warnings.push(`${field}: invalid empty name ""`)
    names.add(name)
  })
}
