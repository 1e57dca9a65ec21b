import type { Node, Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { HostPort, PodInfo, Resources } from './pod-info.ts'
import { amounts, podInfo } from './pod-info.ts'

/** A node and what is on it, as plugins see it. Read-only for them. */
export interface NodeInfo {
  readonly node: DeepReadonly<Node>
  readonly allocatable: Resources
  readonly requested: Resources
  readonly scoreCpu: number
  readonly scoreMemory: number
  readonly pods: ReadonlyMap<string, PodInfo>
  readonly usedPorts: readonly HostPort[]
  /** Size in bytes by image name, of the images that are on the node. */
  readonly images: ReadonlyMap<string, number>
}

/** What a scheduling cycle decides on. A cycle is synchronous, so nothing changes under it and nothing is copied. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
  /** On how many nodes an image is. */
  imageSpread(image: string): number
}

/**
 * The cluster as the scheduler believes it to be: what informers told, and pods that were given a node but whose
 * binding is still under way (assumed). Each change costs as much as the node it touches.
 */
export class ClusterState implements Snapshot {
  readonly #nodes = new Map<string, NodeRecord>() // by name; also names that only pods have mentioned
  readonly #placed = new Map<string, string>() // pod uid → node name, assumed ones too
  readonly #assumed = new Set<string>() // pod uids
  #list: NodeInfo[] | undefined // nodes that exist, in order of arrival
  #images: Map<string, number> | undefined

  get nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#nodes.values()].filter((record) => record.exists)
    return this.#list
  }

  imageSpread(image: string): number {
    this.#images ??= countImages(this.nodes)
    return this.#images.get(image) ?? 0
  }

  setNode(node: DeepReadonly<Node>): void {
    this.#record(node.metadata.name).setNode(node)
    this.#forgetLists()
  }

  removeNode(name: string): void {
    const record = this.#nodes.get(name)
    if (!record) return
    record.removeNode()
    if (record.pods.size === 0) this.#nodes.delete(name)
    this.#forgetLists()
  }

  /** A pod that has a node, as an informer tells it; takes the place of an assumed one. */
  setPod(pod: DeepReadonly<Pod>): void {
    const { uid } = pod.metadata
    this.removePod(uid)
    if (!pod.spec.nodeName || isOver(pod)) return
    this.#place(podInfo(pod), pod.spec.nodeName)
  }

  removePod(uid: string): void {
    const name = this.#placed.get(uid)
    if (name === undefined) return
    const record = this.#nodes.get(name)
    record?.remove(uid)
    if (record && !record.exists && record.pods.size === 0) this.#nodes.delete(name)
    this.#placed.delete(uid)
    this.#assumed.delete(uid)
  }

  /** Counts a pod on a node before its binding is acknowledged. */
  assume(info: PodInfo, nodeName: string): void {
    this.removePod(info.pod.metadata.uid)
    this.#place(info, nodeName)
    this.#assumed.add(info.pod.metadata.uid)
  }

  /** Takes an assumption back; does nothing when an informer has confirmed it meanwhile. */
  forget(uid: string): void {
    if (this.#assumed.has(uid)) this.removePod(uid)
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid)
  }

  #place(info: PodInfo, nodeName: string): void {
    this.#record(nodeName).add(info)
    this.#placed.set(info.pod.metadata.uid, nodeName)
  }

  #record(name: string): NodeRecord {
    const record = this.#nodes.get(name) ?? new NodeRecord()
    this.#nodes.set(name, record)
    return record
  }

  #forgetLists(): void {
    this.#list = undefined
    this.#images = undefined
  }
}

/** Finished pods hold nothing. */
export function isOver({ status }: DeepReadonly<Pod>): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}

const NO_RESOURCES: Resources = new Map()

class NodeRecord implements NodeInfo {
  readonly pods = new Map<string, PodInfo>()
  readonly requested = new Map<string, number>()
  readonly usedPorts: HostPort[] = []
  scoreCpu = 0
  scoreMemory = 0
  allocatable = NO_RESOURCES
  images: ReadonlyMap<string, number> = new Map()
  #node: DeepReadonly<Node> | undefined

  get exists(): boolean {
    return this.#node !== undefined
  }

  get node(): DeepReadonly<Node> {
    if (!this.#node) throw new Error('a node was asked for that does not exist')
    return this.#node
  }

  setNode(node: DeepReadonly<Node>): void {
    this.allocatable = amounts(node.status.allocatable)
    this.images = imageSizes(node)
    this.#node = node
  }

  removeNode(): void {
    this.#node = undefined
    this.allocatable = NO_RESOURCES
  }

  add(info: PodInfo): void {
    this.pods.set(info.pod.metadata.uid, info)
    this.#count(info, 1)
    this.usedPorts.push(...info.hostPorts)
  }

  remove(uid: string): void {
    const info = this.pods.get(uid)
    if (!info) return
    this.pods.delete(uid)
    this.#count(info, -1)
    for (const port of info.hostPorts) this.usedPorts.splice(this.usedPorts.indexOf(port), 1)
  }

  #count({ requests, scoreCpu, scoreMemory }: PodInfo, sign: 1 | -1): void {
    for (const [name, amount] of requests) this.requested.set(name, (this.requested.get(name) ?? 0) + sign * amount)
    this.scoreCpu += sign * scoreCpu
    this.scoreMemory += sign * scoreMemory
  }
}

function imageSizes({ status }: DeepReadonly<Node>): Map<string, number> {
  return new Map(
    // A kubelet's empty list of names may be null: Go writes it so.
    (status.images ?? []).flatMap(({ names, sizeBytes = 0 }) =>
      (names ?? []).map((name) => [name, sizeBytes] as const),
    ),
  )
}

function countImages(nodes: readonly NodeInfo[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { images } of nodes) for (const image of images.keys()) counts.set(image, (counts.get(image) ?? 0) + 1)
  return counts
}
