import type { Node, Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { NodeInfo, Snapshot } from './cluster-state.ts'
import type { PodInfo } from './pod-info.ts'

/**
 * Whether a pod may go to a node. `final`: evicting pods there would not help (upstream: UnschedulableAndUnresolvable).
 * Reasons are fixed texts: they are counted and shown to users.
 */
export type Verdict = { readonly ok: true } | Refusal

export interface Refusal {
  readonly ok: false
  readonly reasons: readonly string[]
  readonly final: boolean
}

export const pass: Verdict = { ok: true }

export function refuse(reason: string, { final = false }: { final?: boolean } = {}): Refusal {
  return { ok: false, reasons: [reason], final }
}

/** Something that may make an unschedulable pod schedulable. */
export type ClusterEvent =
  | { readonly kind: 'node-added'; readonly node: DeepReadonly<Node> }
  | { readonly kind: 'node-updated'; readonly node: DeepReadonly<Node>; readonly old: DeepReadonly<Node> }
  | { readonly kind: 'pod-gone'; readonly pod: DeepReadonly<Pod> }
  | { readonly kind: 'pod-shrunk'; readonly pod: DeepReadonly<Pod> }
  | { readonly kind: 'pod-changed'; readonly pod: DeepReadonly<Pod>; readonly old: DeepReadonly<Pod> }
  | { readonly kind: 'storage-changed' }

/**
 * One concern of scheduling, as the scheduling framework cuts it (KEP-624). Decisions are synchronous and do no I/O:
 * `preFilter` looks at the pod once per cycle and its state is handed to the hooks that follow.
 */
export interface SchedulerPlugin<State = unknown> {
  readonly name: string
  /** May the pod enter the queue? A refusal keeps it out until `requeue` lets it try again. */
  preEnqueue?(pod: DeepReadonly<Pod>): Verdict
  /** Once per cycle: `skip` – nothing to check for this pod; a refusal holds for all nodes. */
  preFilter?(info: PodInfo, snapshot: Snapshot): PreFilterResult<State>
  filter?(info: PodInfo, node: NodeInfo, state: State): Verdict
  /** 0–100 after `normalize`; more is better. `undefined` for all nodes: nothing to say for this pod. */
  score?: {
    readonly weight: number
    readonly applies?: (info: PodInfo) => boolean
    of(info: PodInfo, node: NodeInfo, snapshot: Snapshot): number
    readonly normalize?: 'max-to-100' | 'max-to-100-reversed'
  }
  /** Makes the world ready for the pod to start on the node; the binding waits for it. A fault puts the pod back. */
  preBind?(info: PodInfo, node: DeepReadonly<Node>, signal: AbortSignal): Promise<void>
  /** Could this event turn this plugin's refusal of the pod around? Absent: every event could. */
  requeue?(pod: DeepReadonly<Pod>, event: ClusterEvent): boolean
}

export type PreFilterResult<State> =
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'skip' }
  | { readonly kind: 'refused'; readonly verdict: Refusal }

export const skip = { kind: 'skip' } as const
export const MAX_SCORE = 100
