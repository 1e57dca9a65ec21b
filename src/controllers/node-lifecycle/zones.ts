import type { Node } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** Upstream's defaults: nodes tainted NoExecute a second in a zone, in a large one that is partly down, and what is large. */
const RATE = 0.1
const SECONDARY_RATE = 0.01
const LARGE_CLUSTER = 50
/** From this part of silent nodes on (and more than two) a zone counts as partly down. */
const UNHEALTHY_PART = 0.55
const EXCLUDED_LABEL = 'node.kubernetes.io/exclude-disruption'

interface Zone {
  ready: number
  notReady: number
  /** When a node of it was last tainted, monotonic ms. */
  lastMs: number
}

interface Known {
  readonly zone: string
  readonly ready: boolean
  /** Its owner asks that it does not count. */
  readonly excluded: boolean
}

/**
 * How the nodes of each zone fare, and how fast those that do not answer may be tainted NoExecute: when many fall silent at
 * once, the network between them and us is the likely cause, and emptying them would make it worse (upstream:
 * handleDisruption). When no node in any zone is ready, none is tainted.
 */
export class Zones {
  readonly #nodes = new Map<string, Known>()
  readonly #zones = new Map<string, Zone>() // sums of #nodes; a zone stays when its last node goes, for `lastMs`

  note(node: DeepReadonly<Node>): void {
    const { name, labels = {} } = node.metadata
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
    this.forget(name)
    const known = { zone: zoneOf(labels), ready, excluded: EXCLUDED_LABEL in labels }
    this.#nodes.set(name, known)
    this.#count(known, 1)
  }

  forget(name: string): void {
    const known = this.#nodes.get(name)
    if (known && this.#nodes.delete(name)) this.#count(known, -1)
  }

  /** Not one node answers: what fails is more likely our side. */
  get allDown(): boolean {
    return [...this.#zones.values()].every(({ ready }) => ready === 0)
  }

  /** Takes the leave to taint one node of this node's zone: 0, or how many ms to wait before asking again. */
  takeLeave(name: string, nowMs: number): number {
    const known = this.#nodes.get(name)
    const zone = known && this.#zones.get(known.zone)
    const rate = zone && !this.allDown ? rateOf(zone) : 0
    if (!zone || rate === 0) return Number.POSITIVE_INFINITY
    const waitMs = zone.lastMs + 1000 / rate - nowMs
    if (waitMs > 0) return waitMs
    zone.lastMs = nowMs
    return 0
  }

  #count({ zone: name, ready, excluded }: Known, by: 1 | -1): void {
    const zone = this.#zones.get(name) ?? { ready: 0, notReady: 0, lastMs: Number.NEGATIVE_INFINITY }
    this.#zones.set(name, zone)
    if (!excluded) zone[ready ? 'ready' : 'notReady'] += by
  }
}

/** Region and zone together; nodes without either share one. */
function zoneOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([labels['topology.kubernetes.io/region'] ?? '', labels['topology.kubernetes.io/zone'] ?? ''])
}

/** Nodes a second. A zone that is down altogether goes at the normal rate: another one is up to take its pods. */
function rateOf({ ready, notReady }: Zone): number {
  const total = ready + notReady
  const partlyDown = ready > 0 && notReady > 2 && notReady / total >= UNHEALTHY_PART
  if (!partlyDown) return RATE
  return total > LARGE_CLUSTER ? SECONDARY_RATE : 0
}
