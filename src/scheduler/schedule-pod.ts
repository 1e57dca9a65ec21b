import type { NodeInfo, Snapshot } from './cluster-state.ts'
import type { Refusal, SchedulerPlugin } from './plugin.ts'
import { MAX_SCORE } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'

/** The end of one cycle: a node, or why there is none. */
export type Outcome =
  | { readonly kind: 'node'; readonly node: NodeInfo }
  | { readonly kind: 'unschedulable'; readonly diagnosis: Diagnosis }

export interface Diagnosis {
  readonly nodeCount: number
  /** How many nodes each text refused. Empty when the pod was refused as a whole. */
  readonly reasons: ReadonlyMap<string, number>
  /** The refusal that holds for all nodes. */
  readonly overall: Refusal | undefined
  /** On how many nodes evicting pods could not help. */
  readonly finalCount: number
  /** Names of the plugins that refused: their events bring the pod back. */
  readonly plugins: ReadonlySet<string>
}

export interface CycleOptions {
  /** 0 ≤ x < 1, to choose among equals. */
  readonly random: () => number
  /** Where to begin to look, so that all nodes get their turn when not all are looked at. */
  readonly startAt: number
}

/** Finds the best node for a pod. Pure but for `random`. */
export function schedulePod(
  info: PodInfo,
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
  options: CycleOptions,
): Outcome {
  const active: { plugin: SchedulerPlugin; state: unknown }[] = []
  for (const plugin of plugins) {
    const result = plugin.preFilter?.(info, snapshot) ?? { kind: 'state' as const, state: undefined }
    if (result.kind === 'refused') return refusedAsWhole(plugin, result.verdict, snapshot)
    if (result.kind === 'state' && plugin.filter) active.push({ plugin, state: result.state })
  }
  const search = findFeasible(info, snapshot, active, options.startAt)
  if (search.feasible.length === 0) return { kind: 'unschedulable', diagnosis: search.diagnosis() }
  return { kind: 'node', node: best(info, search.feasible, snapshot, plugins, options.random) }
}

function refusedAsWhole(plugin: SchedulerPlugin, verdict: Refusal, { nodes }: Snapshot): Outcome {
  const plugins = new Set([plugin.name])
  const diagnosis = { nodeCount: nodes.length, reasons: new Map(), overall: verdict, finalCount: nodes.length, plugins }
  return { kind: 'unschedulable', diagnosis }
}

const MIN_FEASIBLE = 100
const MIN_PERCENT = 5

/** How many feasible nodes are enough: all of up to 100, a falling share of more (upstream: percentageOfNodesToScore). */
export function enoughFeasible(nodeCount: number): number {
  if (nodeCount < MIN_FEASIBLE) return nodeCount
  const percent = Math.max(MIN_PERCENT, Math.trunc(50 - nodeCount / 125))
  return Math.max(MIN_FEASIBLE, Math.trunc((nodeCount * percent) / 100))
}

interface Search {
  readonly feasible: readonly NodeInfo[]
  diagnosis(): Diagnosis
}

function findFeasible(
  info: PodInfo,
  { nodes }: Snapshot,
  active: readonly { plugin: SchedulerPlugin; state: unknown }[],
  startAt: number,
): Search {
  const feasible: NodeInfo[] = []
  const enough = enoughFeasible(nodes.length)
  const refusals: { plugin: string; refusal: Refusal }[] = []
  for (let index = 0; index < nodes.length && feasible.length < enough; index++) {
    const node = nodes[(startAt + index) % nodes.length] as NodeInfo
    const refused = firstRefusal(info, node, active)
    if (refused) refusals.push(refused)
    else feasible.push(node)
  }
  return { feasible, diagnosis: () => diagnose(nodes.length, refusals) }
}

function firstRefusal(
  info: PodInfo,
  node: NodeInfo,
  active: readonly { plugin: SchedulerPlugin; state: unknown }[],
): { plugin: string; refusal: Refusal } | undefined {
  for (const { plugin, state } of active) {
    const verdict = plugin.filter?.(info, node, state)
    if (verdict && !verdict.ok) return { plugin: plugin.name, refusal: verdict }
  }
  return undefined
}

function diagnose(nodeCount: number, refusals: readonly { plugin: string; refusal: Refusal }[]): Diagnosis {
  const reasons = new Map<string, number>()
  for (const reason of refusals.flatMap(({ refusal }) => refusal.reasons))
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  return {
    nodeCount,
    reasons,
    overall: undefined,
    finalCount: refusals.filter(({ refusal }) => refusal.final).length,
    plugins: new Set(refusals.map(({ plugin }) => plugin)),
  }
}

function best(
  info: PodInfo,
  feasible: readonly NodeInfo[],
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
  random: () => number,
): NodeInfo {
  const totals = new Array<number>(feasible.length).fill(0)
  if (feasible.length > 1) {
    for (const plugin of plugins) addScores(totals, plugin, info, feasible, snapshot)
  }
  const top = Math.max(...totals)
  const equals = feasible.filter((_, index) => totals[index] === top)
  return equals[Math.floor(random() * equals.length)] as NodeInfo
}

function addScores(
  totals: number[],
  { score }: SchedulerPlugin,
  info: PodInfo,
  feasible: readonly NodeInfo[],
  snapshot: Snapshot,
): void {
  if (!score || score.applies?.(info) === false) return
  const raw = feasible.map((node) => score.of(info, node, snapshot))
  const scaled = score.normalize ? scaleToMax(raw, score.normalize === 'max-to-100-reversed') : raw
  for (const [index, value] of scaled.entries()) totals[index] = (totals[index] ?? 0) + value * score.weight
}

/** The largest becomes 100, or 0 where less is better. All zero stays zero, or becomes 100. */
function scaleToMax(raw: readonly number[], reversed: boolean): number[] {
  const largest = Math.max(...raw)
  if (largest === 0) return raw.map(() => (reversed ? MAX_SCORE : 0))
  return raw.map((value) => {
    const scaled = Math.trunc((MAX_SCORE * value) / largest)
    return reversed ? MAX_SCORE - scaled : scaled
  })
}
