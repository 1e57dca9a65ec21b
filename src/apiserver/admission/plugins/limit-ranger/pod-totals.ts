import { addQuantities, compareQuantities } from '../../../../api/quantity.ts'
import type { Container, Pod } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Asked } from './constraints.ts'

type Amounts = Readonly<Record<string, string>>
type Field = keyof Asked

/**
 * What a pod as a whole asks for: its containers and sidecars together, or the init container that needs more (with the
 * sidecars started before it), and the overhead. Pod-level resources take the containers' place (KEP-2837).
 */
export function podTotals(pod: DeepReadonly<Pod>): Asked {
  return { requests: total(pod, 'requests'), limits: total(pod, 'limits') }
}

function total({ spec }: DeepReadonly<Pod>, field: Field): Amounts {
  const running = spec.containers.map((container) => of(container, field)).reduce(sum, {})
  let sidecars: Amounts = {}
  let highest: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always'
    const now = sum(sidecars, of(container, field))
    highest = maximum(highest, now)
    if (isSidecar) sidecars = now
  }
  const together = maximum(sum(running, sidecars), highest)
  const all = { ...together, ...spec.resources?.[field] }
  return field === 'limits' ? onlyAdd(all, spec.overhead ?? {}) : sum(all, spec.overhead ?? {})
}

const of = ({ resources }: DeepReadonly<Container>, field: Field): Amounts => resources?.[field] ?? {}

function merge(a: Amounts, b: Amounts, join: (left: string, right: string) => string): Amounts {
  const result: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const there = result[name]
    result[name] = there === undefined ? amount : join(there, amount)
  }
  return result
}

const sum = (a: Amounts, b: Amounts): Amounts => merge(a, b, addQuantities)
const maximum = (a: Amounts, b: Amounts): Amounts =>
  merge(a, b, (left, right) => (compareQuantities(left, right) < 0 ? right : left))

/** Overhead raises limits that are there; it does not make a pod without a limit limited. */
function onlyAdd(limits: Amounts, overhead: Amounts): Amounts {
  return sum(limits, Object.fromEntries(Object.entries(overhead).filter(([name]) => limits[name] !== undefined)))
}
