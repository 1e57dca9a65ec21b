import type { Answer, Request } from './request.ts'

/** Where on a server a workload finds and leaves its objects. */
export interface Setting {
  /** Paths of collections: ConfigMaps that are there, `map-0` to `map-<objects - 1>`, about 1 KB each. */
  readonly maps: string
  readonly objects: number
  /** ConfigMaps and Pods that come and go. */
  readonly newMaps: string
  readonly newPods: string
  /** Differs from round to round, so that names do not meet again. */
  readonly round: string
}

/**
 * The requests of one connection, in turn: `index` counts over all connections of a round, `last` is the answer to the one
 * before on this connection. Undefined: nothing is left to do.
 */
export type Requests = (index: number, last: Answer | undefined) => Request | undefined

/** One kind of work, the same for every server. */
export interface Workload {
  readonly name: string
  /** ConfigMaps `old-0`… to make among the new ones before each round, not measured; their number bounds the round. */
  readonly supply?: number
  /** Whether a round adds objects: they are taken away again after it. */
  readonly leavesObjects?: true
  /** Whether it needs no server that knows the objects: one that answers with as many bytes does. */
  readonly onlyReads?: true
  open(setting: Setting): Requests
}
