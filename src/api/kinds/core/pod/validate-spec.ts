import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { canonicalQuantity, compareQuantities } from '../../../quantity.ts'
import type { PodResourceClaim } from '../../../types/core.v1.ts'
import { checkRequiredChoiceOf, orderedChoices } from '../../validation/choices.ts'
import type { At, FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkLabels } from '../../validation/labels.ts'
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkOptionalSubdomain,
  checkQualifiedName,
} from '../../validation/names.ts'
import { checkRange, MAX_INT32 } from '../../validation/numbers.ts'
import { checkResourceName, isHugePages } from '../../validation/resource-names.ts'
import type { SpecContext } from './context.ts'
import { aggregateContainers, isPodLevelResource } from './pod-level-resources.ts'
import { checkAffinity } from './validate-affinity.ts'
import { checkContainers, checkInitContainers } from './validate-containers.ts'
import { checkDns, checkHostNames } from './validate-dns.ts'
import { checkEphemeralContainers } from './validate-ephemeral-containers.ts'
import { checkHostProcess, checkHostUsers, checkOperatingSystem } from './validate-operating-system.ts'
import { checkRequirements } from './validate-resources.ts'
import { checkSchedulingGates, checkTolerations, checkTopologySpread } from './validate-scheduling.ts'
import { checkPodSecurity } from './validate-security.ts'
import { checkVolumes, type ReadonlyVolume, type VolumeRules } from './validate-volumes.ts'
import { type ReadonlyContainer, type ReadonlySpec, someContainer, visitContainers } from './visit-containers.ts'

const restartPolicies = orderedChoices('Always', 'OnFailure', 'Never')
const dnsPolicies = orderedChoices('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None')
const preemptionPolicies = orderedChoices('PreemptLowerPriority', 'Never')
const noVolumes: ReadonlyMap<string, ReadonlyVolume> = new Map()
const noClaims: ReadonlySet<string> = new Set()

/** Every rule on a pod spec, of a pod or of a template. `at` is the path of the spec. */
export function checkPodSpec(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors, rules: VolumeRules): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.required(at.child('terminationGracePeriodSeconds'))
  const context = specContext(spec, at, errors, rules)
  checkContainers(at.child('containers'), context)
  if (spec.initContainers) checkInitContainers(at.child('initContainers'), context)
  if (spec.ephemeralContainers) checkEphemeralContainers(at.child('ephemeralContainers'), context)
  if (spec.resources) checkPodResources(spec, at.child('resources'), context)
  if (spec.hostNetwork) checkHostNetworkPorts(spec, at.child('containers'), context)
  checkRequiredChoiceOf('restartPolicy', spec.restartPolicy, restartPolicies, at, errors)
  checkRequiredChoiceOf('dnsPolicy', spec.dnsPolicy, dnsPolicies, at, errors)
  checkPodSecurity(spec, at.child('securityContext'), errors)
  checkPlacement(spec, at, errors)
  if (spec.dnsConfig || spec.dnsPolicy === 'None') checkDns(spec, at.child('dnsConfig'), errors)
  checkHostProcess(spec, at, errors)
  checkHostUsers(spec, at, errors)
  checkHostNames(spec, at, errors)
  checkNamesOfOthers(spec, at, errors)
  if (spec.activeDeadlineSeconds !== undefined) {
    checkRange(spec.activeDeadlineSeconds, 1, MAX_INT32, at.child('activeDeadlineSeconds'), errors)
  }
  if (spec.overhead) checkRequirements({ limits: spec.overhead }, noClaims, at.child('overhead'), errors)
  checkOperatingSystem(spec, at, errors)
  checkFileVariables(spec, at, errors)
}

function specContext(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors, rules: VolumeRules): SpecContext {
  const volumes = spec.volumes ? checkVolumes(spec.volumes, at.child('volumes'), errors, rules) : noVolumes
  const claimNames = spec.resourceClaims
    ? checkResourceClaims(spec.resourceClaims, at.child('resourceClaims'), errors)
    : noClaims
  const { isPod, podName } = rules
  return { isPod, podName, errors, spec, volumes, claimNames, hostUsers: spec.hostUsers ?? true }
}

/** Returns the names, of which containers use some. */
function checkResourceClaims(
  claims: DeepReadonly<PodResourceClaim[]>,
  at: FieldPath,
  errors: FieldErrors,
): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const item = at.index(index)
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    if (!name) errors.required(item.child('name'))
    else if (names.has(name)) errors.duplicate(item.child('name'), name)
    else checkDns1123Label(name, item.child('name'), errors)
    if (name) names.add(name)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const problem = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
      errors.invalid(item, claim, problem)
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.invalid(item, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')
    }
    checkOptionalSubdomain(resourceClaimName, item.child('resourceClaimName'), errors)
    checkOptionalSubdomain(resourceClaimTemplateName, item.child('resourceClaimTemplateName'), errors)
  }
  return names
}

function checkPlacement(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (spec.nodeSelector) checkLabels(spec.nodeSelector, at.child('nodeSelector'), errors)
  if (spec.affinity) checkAffinity(spec.affinity, at.child('affinity'), errors)
  spec.readinessGates?.forEach(({ conditionType }, index) => {
    checkQualifiedName(conditionType, at.child('readinessGates').index(index).child('conditionType'), errors)
  })
  if (spec.schedulingGates) checkSchedulingGates(spec.schedulingGates, at.child('schedulingGates'), errors)
  const spread = spec.topologySpreadConstraints
  if (spread) checkTopologySpread(spread, at.child('topologySpreadConstraints'), errors)
  if (spec.tolerations) checkTolerations(spec.tolerations, at.child('tolerations'), errors)
}

/** Names of objects that the pod refers to. */
function checkNamesOfOthers(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const { serviceAccountName, nodeName, priorityClassName } = spec
  if (serviceAccountName) checkDns1123Subdomain(serviceAccountName, at.child('serviceAccountName'), errors)
  if (nodeName) checkDns1123Subdomain(nodeName, at.child('nodeName'), errors)
  if (priorityClassName) checkDns1123Subdomain(priorityClassName, at.child('priorityClassName'), errors)
  if (spec.runtimeClassName !== undefined) {
    checkDns1123Subdomain(spec.runtimeClassName, at.child('runtimeClassName'), errors)
  }
  if (spec.preemptionPolicy !== undefined) {
    checkRequiredChoiceOf('preemptionPolicy', spec.preemptionPolicy, preemptionPolicies, at, errors)
  }
  const group = spec.schedulingGroup
  if (!group) return
  const field = at.child('schedulingGroup.podGroupName')
  if (group.podGroupName) checkDns1123Subdomain(group.podGroupName, field, errors)
  else errors.required(field)
}

/** On the host's network a container's port is the node's port. Templates may leave it to the pod. */
function checkHostNetworkPorts(spec: ReadonlySpec, at: FieldPath, { isPod, errors }: SpecContext): void {
  for (const [index, { ports = [] }] of spec.containers.entries()) {
    for (const [portIndex, { hostPort = 0, containerPort }] of ports.entries()) {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) continue
      const field = at.index(index).child('ports').index(portIndex).child('hostPort')
      errors.invalid(field, hostPort, 'must match `containerPort` when `hostNetwork` is true')
    }
  }
}

/** What the pod asks for as a whole (KEP-2837) covers what its containers ask for. */
function checkPodResources(spec: ReadonlySpec, at: FieldPath, { claimNames, errors }: SpecContext): void {
  const resources = spec.resources as NonNullable<ReadonlySpec['resources']>
  if (spec.os?.name === 'windows') return errors.forbidden(at, 'may not be set for a windows pod')
  if (resources.claims) errors.forbidden(at.child('claims'), 'claims may not be set for Resources at pod-level')
  checkRequirements(resources, claimNames, at, errors, checkPodResourceName)
  const requests = aggregateContainers(spec, 'requests')
  for (const name in requests) checkCovers(resources, 'requests', name, requests[name] as string, at, errors)
  const limits = aggregateContainers(spec, 'limits')
  for (const name in limits) {
    if (isHugePages(name)) checkCovers(resources, 'limits', name, limits[name] as string, at, errors)
  }
  for (const [index, container] of spec.containers.entries()) {
    const own = container.resources?.limits
    for (const name in own) checkOwnLimit(name, own[name] as string, resources.limits?.[name], index, at, errors)
  }
}

function checkPodResourceName(name: string, at: At, errors: FieldErrors): void {
  const before = errors.count
  checkResourceName(name, at, errors)
  if (errors.count === before && !isPodLevelResource(name))
    errors.notSupported(at, name, ['cpu', 'hugepages-', 'memory'])
}

function checkCovers(
  resources: NonNullable<ReadonlySpec['resources']>,
  wanted: 'requests' | 'limits',
  name: string,
  total: string,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const ofPod = resources[wanted]?.[name]
  if (ofPod === undefined || compareQuantities(total, ofPod) <= 0) return
  const problem = `must be greater than or equal to aggregate container ${wanted} of ${canonicalQuantity(total)}`
  errors.invalid(at.child(wanted).key(name), canonicalQuantity(ofPod), problem)
}

function checkOwnLimit(
  name: string,
  own: string,
  ofPod: string | undefined,
  index: number,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (ofPod === undefined || compareQuantities(own, ofPod) <= 0) return
  const field = at.child('containers').index(index).key(name).child('limits')
  errors.invalid(
    field,
    canonicalQuantity(own),
    `must be less than or equal to pod limits of ${canonicalQuantity(ofPod)}`,
  )
}

const readsFiles = ({ env }: ReadonlyContainer): boolean =>
  env?.some(({ valueFrom }) => valueFrom?.fileKeyRef !== undefined) ?? false

/** Variables from files (KEP-3721) need a volume that containers can write: an emptyDir. */
function checkFileVariables(spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  if (!someContainer(spec, readsFiles)) return
  visitContainers(spec, at, ({ env }, path) => {
    env?.forEach(({ valueFrom }, index) => {
      if (!valueFrom?.fileKeyRef) return
      const name = valueFrom.fileKeyRef.volumeName
      const volume = spec.volumes?.find((candidate) => candidate.name === name)
      const field = path.child('env').index(index).child('valueFrom.fileKeyRef.volumeName')
      if (!volume) errors.notFound(field, name)
      else if (!volume.emptyDir) errors.invalid(field, name, 'referenced volume must be of type emptyDir')
    })
  })
}
