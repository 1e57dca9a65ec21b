import { milliValue, unitValue } from '../../api/quantity.ts'
import type { Node } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { podTotal } from '../cgroups/pod-resources.ts'
import { fitsNodeSelector, toleratesNoExecute } from './node-selector.ts'
import type { PodView } from './pod.ts'
import { isTerminal } from './pod.ts'

/** Why a node does not take a pod that was bound to it. */
export interface Refusal {
  readonly reason: string
  /** Without the "Pod was rejected: " that the pod's status puts before it. */
  readonly message: string
}

/**
 * The checks that the node itself makes before it runs a pod, in upstream's order: the scheduler may have worked from old
 * facts, or the pod may have been bound by someone else. Undefined: the pod is taken.
 */
export function admitPod(pod: PodView, others: readonly PodView[], node: DeepReadonly<Node>): Refusal | undefined {
  const running = others.filter(
    ({ status, metadata }) => metadata.uid !== pod.metadata.uid && !isTerminal(status?.phase),
  )
  return (
    insufficient(pod, running, node) ??
    predicate('NodeAffinity', fitsNodeSelector(pod, node), "node(s) didn't match Pod's node affinity/selector") ??
    predicate('NodePorts', portsAreFree(pod, running), "node(s) didn't have free ports for the requested pod ports") ??
    predicate('TaintToleration', toleratesNoExecute(pod, node), 'node(s) had untolerated taint(s)')
  )
}

function predicate(name: string, holds: boolean, why: string): Refusal | undefined {
  return holds ? undefined : { reason: name, message: `Predicate ${name} failed: ${why}` }
}

function insufficient(pod: PodView, running: readonly PodView[], { status }: DeepReadonly<Node>): Refusal | undefined {
  const allocatable = status?.allocatable
  if (!allocatable) return undefined
  const capacityOf = (name: string): number => (name === 'cpu' ? milliValue : unitValue)(allocatable[name] ?? '0')
  const tooMany = lacking('pods', 1, running.length, capacityOf('pods'))
  if (tooMany) return tooMany
  for (const name of requestedResources(pod)) {
    const requested = podTotal(pod, 'requests', name)
    const used = running.reduce((sum, other) => sum + podTotal(other, 'requests', name), 0)
    const refused = lacking(name, requested, used, capacityOf(name))
    if (refused) return refused
  }
  return undefined
}

function lacking(name: string, requested: number, used: number, capacity: number): Refusal | undefined {
  if (requested === 0 || requested + used <= capacity) return undefined
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, ${amounts}` }
}

function requestedResources({ spec }: PodView): Set<string> {
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const names = containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
  return new Set(['cpu', 'memory', ...names])
}

interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

function hostPorts({ spec }: PodView): HostPort[] {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostIP, protocol = 'TCP', hostPort }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol, port: hostPort }] : [],
    ),
  )
}

function portsAreFree(pod: PodView, running: readonly PodView[]): boolean {
  const wanted = hostPorts(pod)
  if (wanted.length === 0) return true
  const taken = running.flatMap(hostPorts)
  return !wanted.some((port) => taken.some((other) => conflicts(port, other)))
}

function conflicts(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0'
  return sameAddress && a.protocol === b.protocol && a.port === b.port
}
