import type { DaemonSet } from '../../api/types/apps.v1.ts'
import type { Node, Pod, PodTemplateSpec } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodAvailable } from '../pod-state.ts'
import { REVISION_HASH, targetNode } from './daemon-pod.ts'
import type { NodeFit } from './node-fit.ts'
import { nodeFit } from './node-fit.ts'

type AnyPod = DeepReadonly<Pod>

/** One node with its daemon pods, first scheduled and oldest first, and whether it should have one. */
export interface DaemonNode extends NodeFit {
  readonly name: string
  readonly pods: readonly AnyPod[]
}

/** What the plans see: one DaemonSet on all nodes at one moment. */
export interface DaemonView {
  readonly set: DeepReadonly<DaemonSet>
  readonly nodes: readonly DaemonNode[]
  /** Pods meant for nodes that are not there, and never bound. */
  readonly stranded: readonly AnyPod[]
  /** Of the present template. */
  readonly hash: string
  /** In ms since the epoch. */
  readonly now: number
}

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[]
  readonly remove: readonly AnyPod[]
  /** Pods among `remove` that have ended, which people are told about. */
  readonly ended: readonly { readonly pod: AnyPod; readonly node: string }[]
}

export function daemonView(
  set: DeepReadonly<DaemonSet>,
  template: PodTemplateSpec,
  nodes: readonly DeepReadonly<Node>[],
  pods: readonly AnyPod[],
  facts: { readonly hash: string; readonly now: number },
): DaemonView {
  const byNode = Map.groupBy(pods, (pod) => targetNode(pod) ?? '')
  const known = new Set(nodes.map(({ metadata }) => metadata.name))
  const view = nodes.map((node) => ({
    name: node.metadata.name,
    ...nodeFit(template.spec as Pod['spec'], node),
    pods: [...(byNode.get(node.metadata.name) ?? [])].sort(byCreation),
  }))
  const stranded = pods.filter((pod) => !pod.spec.nodeName && !known.has(targetNode(pod) ?? ''))
  return { set, nodes: view, stranded: stranded.filter((pod) => targetNode(pod) && !deleting(pod)), ...facts }
}

const byCreation = (a: AnyPod, b: AnyPod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1)

const deleting = ({ metadata }: AnyPod): boolean => metadata.deletionTimestamp !== undefined
const isUpdated = ({ metadata }: AnyPod, hash: string): boolean => metadata.labels?.[REVISION_HASH] === hash

/** One pod on each node that should have one and none elsewhere; what has ended makes room for a new one. */
export function planNodes(view: DaemonView, mayReplace: (node: string, pod: AnyPod) => boolean): DaemonPlan {
  const create: string[] = []
  const remove: AnyPod[] = [...view.stranded]
  const ended: { pod: AnyPod; node: string }[] = []
  for (const node of view.nodes) {
    if (node.run && node.pods.length === 0) create.push(node.name)
    const present = node.pods.filter((pod) => !deleting(pod))
    if (!node.keep) remove.push(...present)
    else {
      const over = present.filter(({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded')
      const replace = over.filter((pod) => pod.status.phase === 'Succeeded' || mayReplace(node.name, pod))
      ended.push(...replace.map((pod) => ({ pod, node: node.name })))
      remove.push(
        ...replace,
        ...excess(
          view,
          present.filter((pod) => !over.includes(pod)),
        ),
      )
    }
  }
  return { create, remove, ended }
}

/** With surge a node may have a new pod beside an old one, until the new one is available; otherwise one pod. */
function excess(view: DaemonView, running: readonly AnyPod[]): readonly AnyPod[] {
  if (running.length <= 1) return []
  if (boundsOf(view).maxSurge === 0) return running.slice(1)
  const newest = running.find((pod) => isUpdated(pod, view.hash))
  const old = running.find((pod) => !isUpdated(pod, view.hash))
  const replaced = newest !== undefined && isAvailable(view, newest)
  return running.filter((pod) => pod !== newest && (pod !== old || replaced))
}

const isAvailable = ({ set, now }: DaemonView, pod: AnyPod): boolean =>
  isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)

export interface Bounds {
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/** The numbers behind percentages of the nodes that should run a pod, rounded up; not both 0. OnDelete has no surge. */
export function boundsOf({ set, nodes }: DaemonView): Bounds {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return { maxSurge: 0, maxUnavailable: 0 }
  const desired = nodes.filter(({ run }) => run).length
  const maxSurge = resolve(rollingUpdate?.maxSurge ?? 0, desired)
  const maxUnavailable = resolve(rollingUpdate?.maxUnavailable ?? 1, desired)
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable }
}

const resolve = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100)

/** Which pods of older templates go, and which nodes get a new pod beside the old one. */
export function planUpdate(view: DaemonView): Pick<DaemonPlan, 'create' | 'remove'> {
  const { type } = view.set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return { create: [], remove: [] }
  return boundsOf(view).maxSurge > 0 ? planSurge(view) : planReplacement(view)
}

interface Pair {
  readonly node: string
  readonly updated: AnyPod | undefined
  readonly old: AnyPod | undefined
}

/** Undefined when a node has more pods than one of each: `planNodes` brings it to order first. */
function pairOn({ name, pods }: DaemonNode, hash: string): Pair | undefined {
  const updated = pods.filter((pod) => isUpdated(pod, hash))
  const old = pods.filter((pod) => !isUpdated(pod, hash))
  return updated.length > 1 || old.length > 1 ? undefined : { node: name, updated: updated[0], old: old[0] }
}

/** Old pods that are not available cost nothing; of the others as many go as may be unavailable. */
function planReplacement(view: DaemonView): Pick<DaemonPlan, 'create' | 'remove'> {
  const free: AnyPod[] = []
  const costly: AnyPod[] = []
  let unavailable = 0
  for (const node of view.nodes) {
    if (!node.run && node.pods.length === 0) continue
    const pair = pairOn(node, view.hash)
    if (!pair || Boolean(pair.updated) === Boolean(pair.old)) unavailable++
    else if (pair.updated) unavailable += isAvailable(view, pair.updated) ? 0 : 1
    else if (pair.old && deleting(pair.old)) unavailable++
    else if (pair.old && isAvailable(view, pair.old)) costly.push(pair.old)
    else if (pair.old) free.push(pair.old)
  }
  unavailable += free.length
  const room = Math.max(0, boundsOf(view).maxUnavailable - unavailable)
  return { create: [], remove: [...free, ...costly.slice(0, room)] }
}

/** The new pod comes beside the old one, which goes when the new one is available (KEP-1591). */
function planSurge(view: DaemonView): Pick<DaemonPlan, 'create' | 'remove'> {
  const free: string[] = []
  const costly: string[] = []
  const remove: AnyPod[] = []
  let surging = 0
  for (const node of view.nodes) {
    const pair = pairOn(node, view.hash)
    if (!pair?.old) continue
    if (pair.updated) {
      surging++
      if (isAvailable(view, pair.updated) && !deleting(pair.old)) remove.push(pair.old)
    } else if (!node.run || deleting(pair.old)) continue
    else (isAvailable(view, pair.old) ? costly : free).push(node.name)
  }
  const room = Math.max(0, boundsOf(view).maxSurge - surging - free.length)
  return { create: [...free, ...costly.slice(0, room)], remove }
}
