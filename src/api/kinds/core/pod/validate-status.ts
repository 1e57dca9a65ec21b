import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ContainerStatus } from '../../../types/core.v1.ts'
import { checkAddress, isDualStack } from '../../validation/addresses.ts'
import { choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Subdomain, checkOptionalSubdomain, checkQualifiedName } from '../../validation/names.ts'
import { checkOwnerId } from '../../validation/numbers.ts'
import type { ReadonlyPod } from './validate-update.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

const status = FieldPath.of('status')
const systemConditions = choices('PodScheduled', 'Ready', 'Initialized')
const healthValues = choices('Healthy', 'Unhealthy', 'Unknown')

type Statuses = DeepReadonly<ContainerStatus[]> | undefined

/** Changes of status that cannot be: an ended container that runs again, another class, bad addresses. */
export function checkStatusUpdate(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  checkConditions(pod, errors)
  if (pod.spec.nodeName !== old.spec.nodeName) errors.forbidden('status.nodeName', 'may not be changed directly')
  const nominated = pod.status.nominatedNodeName
  if (nominated && nominated !== old.status.nominatedNodeName) {
    checkDns1123Subdomain(nominated, 'status.nominatedNodeName', errors)
  }
  if (pod.status.qosClass !== old.status.qosClass) {
    errors.invalid('status.qosClass', pod.status.qosClass ?? '', 'field is immutable')
  }
  checkTransitions(pod, old, errors)
  checkClaimStatuses(pod, errors)
  checkPodAddresses(pod, old, errors)
  checkHostAddresses(pod, old, errors)
  checkContainerDetails(pod, errors)
}

function checkConditions({ status: { conditions = [] } }: ReadonlyPod, errors: FieldErrors): void {
  const at = FieldPath.of('metadata.conditions')
  conditions.forEach(({ type }, index) => {
    if (!systemConditions.has(type)) checkQualifiedName(type, at.index(index).child('Type'), errors)
  })
}

/** Ended containers stay ended, unless the restart policy lets them run again. */
function checkTransitions(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  const containers = new Map([...old.spec.containers, ...(old.spec.initContainers ?? [])].map((c) => [c.name, c]))
  const mayRestart = (name: string, exitCode: number): boolean => {
    const container = containers.get(name)
    const policy = container?.restartPolicy ?? old.spec.restartPolicy
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0) || !!container?.restartPolicyRules?.length
  }
  const never = () => false
  for (const [field, allowed] of [
    ['containerStatuses', mayRestart],
    ['initContainerStatuses', mayRestart],
    ['ephemeralContainerStatuses', never],
  ] as const) {
    checkStillEnded(pod.status[field], old.status[field], allowed, status.child(field), errors)
  }
}

function checkStillEnded(
  now: Statuses,
  before: Statuses,
  mayRestart: (name: string, exitCode: number) => boolean,
  at: FieldPath,
  errors: FieldErrors,
): void {
  before?.forEach(({ name, state }, index) => {
    if (!state?.terminated || mayRestart(name, state.terminated.exitCode)) return
    const current = now?.find((candidate) => candidate.name === name)
    if (current && !current.state?.terminated) {
      errors.forbidden(at.index(index).child('state'), 'may not be transitioned to non-terminated state')
    }
  })
}

function checkClaimStatuses({ spec, status: { resourceClaimStatuses = [] } }: ReadonlyPod, errors: FieldErrors): void {
  const seen = new Set<string>()
  resourceClaimStatuses.forEach(({ name, resourceClaimName }, index) => {
    const at = status.child('resourceClaimStatuses').index(index).child('name')
    if (!spec.resourceClaims?.some((claim) => claim.name === name)) {
      errors.invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`')
    }
    if (seen.has(name)) errors.duplicate(at, name)
    seen.add(name)
    checkOptionalSubdomain(resourceClaimName, at, errors)
  })
}

const ONE_EACH = 'may specify no more than one IP for each IP family'

function checkPodAddresses(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  checkAddressList(pod.status.podIPs, old.status.podIPs, status.child('podIPs'), errors)
}

function checkHostAddresses(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  const { hostIP, hostIPs } = pod.status
  const at = status.child('hostIPs')
  if (!hostIPs?.length) return
  if (hostIPs[0]?.ip !== hostIP) errors.invalid(at.index(0).child('ip'), hostIPs[0]?.ip, 'must be equal to `hostIP`')
  checkAddressList(hostIPs, old.status.hostIPs, at, errors)
}

function checkAddressList(
  list: readonly { readonly ip: string }[] | undefined,
  old: readonly { readonly ip: string }[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!list?.length) return
  const known = old?.map(({ ip }) => ip) ?? []
  list.forEach(({ ip }, index) => {
    checkAddress(ip, at.index(index), errors, known)
  })
  if (list.length > 1 && (list.length > 2 || !isDualStack(list.map(({ ip }) => ip)))) errors.invalid(at, list, ONE_EACH)
}

function checkContainerDetails(pod: ReadonlyPod, errors: FieldErrors): void {
  const isWindows = pod.spec.os?.name === 'windows'
  for (const [field, containers] of [
    ['containerStatuses', pod.spec.containers],
    ['initContainerStatuses', pod.spec.initContainers],
    ['ephemeralContainerStatuses', undefined],
  ] as const) {
    pod.status[field]?.forEach((entry, index) => {
      const at = status.child(field).index(index)
      checkUser(entry, isWindows, at.child('linux'), errors)
      if (field === 'ephemeralContainerStatuses') checkNoAllocation(entry, at, errors)
      else checkAllocation(entry, containers, at, errors)
    })
  }
}

type Status = DeepReadonly<ContainerStatus>

function checkUser({ user }: Status, isWindows: boolean, at: FieldPath, errors: FieldErrors): void {
  if (!user?.linux) return
  if (isWindows) return errors.forbidden(at, 'cannot be set for a windows pod')
  checkOwnerId(user.linux.uid, at.child('uid'), errors)
  checkOwnerId(user.linux.gid, at.child('gid'), errors)
  user.linux.supplementalGroups?.forEach((group, index) => {
    checkOwnerId(group, at.child('supplementalGroups').index(index), errors)
  })
}

function checkNoAllocation({ allocatedResourcesStatus }: Status, at: FieldPath, errors: FieldErrors): void {
  if (!allocatedResourcesStatus?.length) return
  errors.forbidden(at.child('allocatedResourcesStatus'), 'must not be specified in container status')
}

/** Health of devices (KEP-4680): each belongs to something that the container asks for. */
function checkAllocation(
  entry: Status,
  containers: readonly ReadonlyContainer[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const container = containers?.find(({ name }) => name === entry.name)
  entry.allocatedResourcesStatus?.forEach(({ name, resources = [] }, index) => {
    const item = at.child('allocatedResourcesStatus').index(index)
    const problem = container && notRequested(name, container)
    if (problem) errors.invalid(item.child('name'), name, problem)
    const seen = new Set<string>()
    resources.forEach(({ resourceID, health = '' }, position) => {
      const field = item.child('resources').index(position)
      if (!healthValues.has(health)) errors.notSupported(field.child('health'), health, healthValues.listed)
      if (seen.has(resourceID)) errors.duplicate(field.child('resourceID'), resourceID)
      seen.add(resourceID)
    })
  })
}

function notRequested(name: string, { resources }: ReadonlyContainer): string | undefined {
  if (!name.startsWith('claim:')) {
    return resources?.requests?.[name] === undefined ? "must match one of the container's resource requests" : undefined
  }
  const claims = resources?.claims?.map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
  if (claims?.includes(name)) return undefined
  const format = "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
  return `must match one of the container's resource claims in a format ${format}`
}
