import { milliValue, unitValue } from '../api/quantity.ts'
import type { Container, Pod, PodSpec } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

/** Amounts by resource name: `cpu` in thousandths of a core, all others in their own unit (bytes, pieces). */
export type Resources = ReadonlyMap<string, number>

/** A pod with what scheduling needs of it, computed once per pod object. */
export interface PodInfo {
  readonly pod: DeepReadonly<Pod>
  readonly requests: Resources
  /** What the pod counts for when nodes are compared: containers without requests count 100m and 200 MB. */
  readonly scoreCpu: number
  readonly scoreMemory: number
  readonly hostPorts: readonly HostPort[]
}

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

export const DEFAULT_CPU = 100
export const DEFAULT_MEMORY = 200 * 1024 * 1024

const known = new WeakMap<DeepReadonly<Pod>, PodInfo>()

export function podInfo(pod: DeepReadonly<Pod>): PodInfo {
  const present = known.get(pod)
  if (present) return present
  const info: PodInfo = {
    pod,
    requests: podRequests(pod.spec, requestsOf),
    scoreCpu: podRequests(pod.spec, withDefault('cpu', DEFAULT_CPU)).get('cpu') ?? 0,
    scoreMemory: podRequests(pod.spec, withDefault('memory', DEFAULT_MEMORY)).get('memory') ?? 0,
    hostPorts: hostPorts(pod.spec),
  }
  known.set(pod, info)
  return info
}

type RequestsOf = (container: DeepReadonly<Container>) => Map<string, number>

/**
 * What the pod as a whole asks for: all containers and sidecars together, or the largest moment of initialisation if that
 * is more (KEP-753: sidecars started before an init container run beside it), then the pod's own requests in place of
 * the sum (KEP-2837), and overhead on top.
 */
function podRequests(spec: DeepReadonly<PodSpec>, requests: RequestsOf): Map<string, number> {
  const total = new Map<string, number>()
  for (const container of spec.containers) add(total, requests(container))
  const sidecars = new Map<string, number>()
  const peak = new Map<string, number>()
  for (const container of spec.initContainers ?? []) {
    const wanted = requests(container)
    if (container.restartPolicy === 'Always') {
      add(total, wanted)
      add(sidecars, wanted)
      raise(peak, sidecars)
    } else {
      add(wanted, sidecars)
      raise(peak, wanted)
    }
  }
  raise(total, peak)
  for (const [name, amount] of amounts(spec.resources?.requests)) total.set(name, amount)
  add(total, amounts(spec.overhead))
  return total
}

const requestsOf: RequestsOf = (container) => amounts(container.resources?.requests)

function withDefault(resource: string, fallback: number): RequestsOf {
  return (container) => {
    const requests = amounts(container.resources?.requests)
    return requests.has(resource) ? requests : requests.set(resource, fallback)
  }
}

export function amounts(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  return new Map(
    Object.entries(list ?? {}).map(([name, quantity]) => [
      name,
      name === 'cpu' ? milliValue(quantity) : unitValue(quantity),
    ]),
  )
}

function add(total: Map<string, number>, more: Resources): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount)
}

function raise(total: Map<string, number>, floor: Resources): void {
  for (const [name, amount] of floor) total.set(name, Math.max(total.get(name) ?? 0, amount))
}

function hostPorts({ containers, initContainers = [], hostNetwork }: DeepReadonly<PodSpec>): HostPort[] {
  const running = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
  return running.flatMap(({ ports = [] }) =>
    ports
      .map(({ hostPort, containerPort, hostIP, protocol }) => ({
        ip: hostIP || '0.0.0.0',
        protocol: protocol ?? 'TCP',
        port: hostPort ?? (hostNetwork ? containerPort : 0),
      }))
      .filter(({ port }) => port > 0),
  )
}
