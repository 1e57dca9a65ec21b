import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Container, PodSpec } from '../../../types/core.v1.ts'
import { isHugePages, isOvercommitAllowed } from '../../validation/resource-names.ts'
import { addResources, type ReadonlyResources, type Resources, raiseResources } from '../resources.ts'

/** What may be asked for a pod as a whole (KEP-2837). */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)

export type Wanted = 'requests' | 'limits'

/**
 * What all containers together need: the regular ones and sidecars at once, or, if that is more, an init container
 * beside the sidecars started before it.
 */
export function aggregateContainers(spec: DeepReadonly<PodSpec>, wanted: Wanted): Resources {
  const running: Resources = {}
  for (const container of spec.containers ?? []) addResources(running, of(container, wanted))
  const sidecars: Resources = {}
  const peak: Resources = {}
  for (const container of spec.initContainers ?? []) {
    const needs: Resources = { ...sidecars }
    addResources(needs, of(container, wanted))
    raiseResources(peak, needs)
    if (container.restartPolicy === 'Always') addResources(sidecars, of(container, wanted))
  }
  addResources(running, sidecars)
  raiseResources(running, peak)
  return running
}

const of = (container: DeepReadonly<Container>, wanted: Wanted): ReadonlyResources | undefined =>
  container.resources?.[wanted]

/** Completes what a pod asks for as a whole from what its containers ask for. A pod that asks nothing stays so. */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec
  if (!resources || (isEmpty(resources.limits) && isEmpty(resources.requests))) return
  defaultHugePageLimits(spec)
  if (!isEmpty(resources.limits)) defaultRequests(spec)
  else if (hasPodLevel(resources.requests)) defaultLimits(spec)
}

const isEmpty = (resources: Resources | undefined): boolean => {
  for (const _name in resources) return false
  return true
}

const hasPodLevel = (resources: Resources | undefined): boolean => Object.keys(resources ?? {}).some(isPodLevelResource)

function defaultHugePageLimits(spec: PodSpec): void {
  const resources = spec.resources as NonNullable<PodSpec['resources']>
  const total = aggregateContainers(spec, 'limits')
  for (const name in total) {
    if (isHugePages(name) && resources.requests?.[name] === undefined) setIfMissing(resources, 'limits', name, total)
  }
}

function defaultRequests(spec: PodSpec): void {
  const resources = spec.resources as NonNullable<PodSpec['resources']>
  const total = aggregateContainers(spec, 'requests')
  for (const name in total) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) setIfMissing(resources, 'requests', name, total)
  }
  for (const name in resources.limits) {
    if (isPodLevelResource(name)) setIfMissing(resources, 'requests', name, resources.limits)
  }
}

/** Only for what every container has a limit: one without could use all there is. */
function defaultLimits(spec: PodSpec): void {
  const resources = spec.resources as NonNullable<PodSpec['resources']>
  const total = aggregateContainers(spec, 'limits')
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  for (const name in total) {
    const limited = containers.every((container) => container.resources?.limits?.[name] !== undefined)
    if (limited && isPodLevelResource(name) && isOvercommitAllowed(name)) {
      setIfMissing(resources, 'limits', name, total)
    }
  }
}

function setIfMissing(
  resources: NonNullable<PodSpec['resources']>,
  wanted: Wanted,
  name: string,
  amounts: ReadonlyResources,
): void {
  resources[wanted] ??= {}
  resources[wanted][name] ??= amounts[name] as string
}
