import { unitValue } from '../../api/quantity.ts'
import { quantityOf } from '../environment/field-ref.ts'
import type { PodView } from '../pods/pod.ts'
import type { Shortage } from './thresholds.ts'

/** Bytes that a pod's containers use, by container name. */
export type ContainerUsage = ReadonlyMap<string, number>

/** Why a pod was evicted, as its status, condition and event say it: the shortage, and who used more than it asked for. */
export function evictionMessage(
  pod: PodView,
  { resource, available, threshold }: Shortage,
  usage: ContainerUsage,
): string {
  const amounts = `Threshold quantity: ${amount(threshold)}, available: ${amount(available)}. `
  return `The node was low on resource: ${resource}. ${amounts}${greedy(pod, resource, usage)}`
}

function greedy({ spec }: PodView, resource: string, usage: ContainerUsage): string {
  const texts = spec.containers.map(({ name, resources }) => {
    const used = usage.get(name)
    const requested = resources?.requests?.[resource] ?? '0'
    if (used === undefined || used <= unitValue(requested)) return ''
    const request = `request is ${requested}, has larger consumption of ${resource}. `
    return `Container ${name} was using ${amount(used)}, ${request}`
  })
  return texts.join('')
}

/** As precise as the kernel's own numbers: kibibytes. */
const amount = (bytes: number): string => quantityOf(Math.trunc(bytes / 1024) * 1024, 'BinarySI')
