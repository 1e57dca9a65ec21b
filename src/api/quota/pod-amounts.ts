import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { aggregateContainers, isPodLevelResource, type Wanted } from '../kinds/core/pod/pod-level-resources.ts'
import { addResources, type Resources, raiseResources } from '../kinds/core/resources.ts'
import type { Container, ContainerStatus, Pod } from '../types/core.v1.ts'

/**
 * What a pod as a whole asks for: its containers, or what it says for all of them in their place (KEP-2837), and overhead.
 * A container that is being resized counts with the larger of what it has and what it is to have (KEP-1287).
 */
export function podAmounts({ spec, status }: DeepReadonly<Pod>, wanted: Wanted): Resources {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const actual = new Map(statuses.map((one) => [one.name, one]))
  const asIs = (container: DeepReadonly<Container>) => raisedToActual(container, actual.get(container.name), wanted)
  const total = aggregateContainers(
    { containers: spec.containers.map(asIs), initContainers: (spec.initContainers ?? []).map(asIs) },
    wanted,
  )
  for (const [name, amount] of Object.entries(spec.resources?.[wanted] ?? {})) {
    if (isPodLevelResource(name)) total[name] = amount
  }
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) {
    if (wanted === 'requests' || name in total) addResources(total, { [name]: amount })
  }
  return total
}

function raisedToActual(
  container: DeepReadonly<Container>,
  status: DeepReadonly<ContainerStatus> | undefined,
  wanted: Wanted,
): DeepReadonly<Container> {
  const actual = status?.resources?.[wanted]
  if (!actual) return container
  const amounts: Resources = { ...container.resources?.[wanted] }
  raiseResources(amounts, actual)
  if (wanted === 'requests') raiseResources(amounts, status.allocatedResources)
  return { ...container, resources: { ...container.resources, [wanted]: amounts } }
}
