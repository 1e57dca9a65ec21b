import type { Node } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { importImages } from '../../kubelet/images/import-images.ts'
import type { Runtime } from './node-runtime.ts'
import type { ComponentStatus } from './status.ts'

/** What the cluster needs to know of its node. */
export interface ClusterNode extends Component {
  /** Resolves when the Node is Ready. */
  whenReady(): Promise<void>
  loadImages(files: readonly string[]): Promise<readonly string[]>
  components(): ComponentStatus[]
}

/** A part that `navarch status` shows has a `problem`: undefined while it is healthy, else why not. */
export interface NodePart extends Component {
  readonly problem?: string | undefined
}

export interface RunningNodeDeps {
  readonly nodeName: string
  /** Acts as the node. */
  readonly client: Client
  readonly runtime: Runtime
  readonly components: readonly NodePart[]
  readonly clock: Clock
  readonly log: Logger
}

/** A node's parts, run together, and what they come to. */
export class RunningNode implements ClusterNode {
  readonly name = 'node'
  readonly #deps: RunningNodeDeps
  readonly #ready = Promise.withResolvers<void>()
  readonly #since: number
  #isReady = false
  #whyNotReady = 'the node has not registered yet'

  constructor(deps: RunningNodeDeps) {
    this.#deps = deps
    this.#since = Math.floor(deps.clock.now() / 1000) * 1000 // heartbeats are of whole seconds
    this.#ready.promise.catch(() => undefined) // nobody has to wait for it
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    const { runtime, components } = this.#deps
    try {
      await runTogether([...components, { name: 'node-readiness', run: (stop) => this.#watchReadiness(stop) }], signal)
    } catch (error) {
      this.#ready.reject(error)
      throw error
    } finally {
      await runtime.cri[Symbol.asyncDispose]()
    }
  }

  async loadImages(files: readonly string[]): Promise<readonly string[]> {
    const { socket, containerd } = this.#deps.runtime
    const facts = await containerd?.facts()
    const target = { socketPath: socket, ...(facts && { snapshotter: facts.snapshotter }) }
    return importImages(files, target, AbortSignal.timeout(600_000))
  }

  components(): ComponentStatus[] {
    const shown = this.#deps.components.filter((part) => 'problem' in part)
    const parts = shown.map(({ name, problem }) => statusOf(name, problem))
    return [...parts, statusOf('node', this.#isReady ? undefined : this.#whyNotReady)]
  }

  async #watchReadiness(signal: AbortSignal): Promise<void> {
    const { client, nodeName, clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        for await (const { type, object } of client.nodes.watch(
          { fieldSelector: `metadata.name=${nodeName}` },
          signal,
        )) {
          if (type === 'BOOKMARK') continue
          this.#take(object)
        }
      } catch (error) {
        if (signal.aborted) return
        log.info('the watch of the node ended; starting it again', { error })
        await clock.sleep(1000, signal).catch(() => undefined)
      }
    }
  }

  #take({ status }: DeepReadonly<Node>): void {
    const condition = status.conditions?.find(({ type }) => type === 'Ready')
    const isOurs = Date.parse(condition?.lastHeartbeatTime ?? '') >= this.#since // not what an earlier process said
    this.#isReady = isOurs && condition?.status === 'True'
    this.#whyNotReady = (isOurs && condition?.message) || 'the node says nothing of itself yet'
    if (this.#isReady) this.#ready.resolve()
  }
}

function statusOf(name: string, problem: string | undefined): ComponentStatus {
  return { name, healthy: problem === undefined, ...(problem !== undefined && { message: problem }) }
}
