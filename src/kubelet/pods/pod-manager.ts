import { readdir } from 'node:fs/promises'
import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Informer } from '../../client/informer.ts'
import type { PodView } from './pod.ts'
import { isTerminal, podKey } from './pod.ts'
import { admitPod } from './pod-admission.ts'
import type { PodIdentity } from './pod-removal.ts'
import type { PodFailure } from './pod-status.ts'
import type { PodWorkerDeps } from './pod-worker.ts'
import { PodWorker } from './pod-worker.ts'
import type { RuntimeWatch } from './runtime-watch.ts'

export interface PodManagerDeps extends Omit<PodWorkerDeps, 'runtime'> {
  readonly runtime: PodWorkerDeps['runtime']
  readonly pods: Informer<Pod>
  /** This node as the API has it; pods wait until it is there. */
  readonly nodes: Informer<Node>
  readonly nodeName: string
}

const RUNTIME_RETRY_MS = 200

/**
 * One worker for each pod of this node. Pods come from the API; what the runtime or the disk has of pods that the API does
 * not know is an orphan, and gets a worker that clears it away.
 */
export class PodManager implements Component {
  readonly name = 'pods'
  readonly #deps: PodManagerDeps
  readonly #workers = new Map<string, PodWorker>() // by pod uid
  readonly #running = new Set<Promise<void>>()
  #watch: RuntimeWatch | undefined
  #signal: AbortSignal | undefined // set while running

  constructor(deps: PodManagerDeps) {
    this.#deps = deps
  }

  /** Whom to tell that pods are about to change. */
  attach(watch: RuntimeWatch): void {
    this.#watch = watch
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** Pods with the newest status known here. */
  list(): PodView[] {
    const pods = [...this.#workers.values()].flatMap(({ pod }) => pod ?? [])
    return pods.map((pod) => ({ ...pod, status: this.#deps.statuses.statusOf(pod) }) as PodView)
  }

  /** Something happened to a pod. One that nobody looks after is an orphan. */
  look(pod: PodIdentity): void {
    const worker = this.#workers.get(pod.uid)
    if (worker) return worker.look()
    if (this.#deps.pods.synced() && !this.#findByUid(pod.uid)) this.#add(pod, undefined)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pods, nodes, nodeName } = this.#deps
    this.#signal = signal
    await Promise.all([pods.whenSynced(signal), nodes.whenSynced(signal)])
    await until(() => nodes.lister.get({ name: nodeName }) !== undefined, nodes, signal)
    await this.#adopt(signal)
    const unsubscribe = pods.on({
      added: (pod) => this.#update(pod),
      updated: (pod) => this.#update(pod),
      deleted: (pod) => this.#remove(pod),
    })
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.all(this.#running)
    } finally {
      unsubscribe()
    }
  }

  /** Takes over what an earlier run left: pods in order of age, so that refusals fall on the newest. */
  async #adopt(signal: AbortSignal): Promise<void> {
    const { pods, volumes, cgroups, directories } = this.#deps
    const known = [...pods.lister.list()].sort((a, b) => (age(a) < age(b) ? -1 : age(a) > age(b) ? 1 : 0))
    for (const pod of known) this.#update(pod)
    const found = await this.#listRuntime(signal)
    const names = await Promise.all([
      volumes.podsWithVolumes(),
      cgroups.pods(),
      readdir(directories.pods).catch(() => []),
    ])
    const leftOver = names.flat().map((uid) => ({ uid, name: '', namespace: '' }))
    for (const pod of [...found, ...leftOver]) if (!this.#workers.has(pod.uid)) this.#add(pod, undefined)
  }

  /** Waits for the runtime: what it runs of unknown pods has to be found before anything is called complete. */
  async #listRuntime(signal: AbortSignal): Promise<PodIdentity[]> {
    const { clock, log } = this.#deps
    while (this.#watch) {
      try {
        return await this.#watch.list(signal)
      } catch (error) {
        signal.throwIfAborted()
        log.info('waiting for the container runtime', { error })
        await clock.sleep(RUNTIME_RETRY_MS, signal)
      }
    }
    return []
  }

  #update(pod: PodView): void {
    const worker = this.#workers.get(pod.metadata.uid)
    if (worker) worker.update(pod)
    else this.#admit(pod)
    this.#watch?.expectChanges()
  }

  #admit(pod: PodView): void {
    const { uid, name, namespace } = pod.metadata
    const others = this.list()
    const worker = this.#add({ uid, name, namespace }, pod)
    if (isTerminal(pod.status?.phase) || pod.metadata.deletionTimestamp) return
    const node = this.#deps.nodes.lister.get({ name: this.#deps.nodeName })
    const refused = node && admitPod(pod, others, node)
    if (!refused) return
    this.#deps.events.pod(pod).warning(refused.reason, refused.message)
    worker.fail({ reason: refused.reason, message: `Pod was rejected: ${refused.message}` })
  }

  #remove(pod: PodView): void {
    this.#workers.get(pod.metadata.uid)?.update(undefined)
  }

  #add(identity: PodIdentity, pod: PodView | undefined): PodWorker {
    const worker = new PodWorker(identity, pod, this.#deps)
    if (!pod) worker.update(undefined)
    this.#workers.set(identity.uid, worker)
    const run = worker.run(this.#signal as AbortSignal).then(() => {
      this.#workers.delete(identity.uid)
      this.#balance()
      this.#running.delete(run)
    })
    this.#running.add(run)
    this.#balance()
    return worker
  }

  #balancing = false
  /** The burstable class as a whole gets what its pods ask for. */
  #balance(): void {
    if (this.#balancing) return
    this.#balancing = true
    setImmediate(() => {
      this.#balancing = false
      const pods = [...this.#workers.values()].flatMap(({ pod, stage }) => (pod && stage === 'running' ? pod : []))
      const failed = (error: unknown): void =>
        this.#deps.log.warn('the cgroup of burstable pods was not set', { error })
      this.#deps.cgroups.balance(pods).catch(failed)
    })
  }

  #findByUid(uid: string): DeepReadonly<Pod> | undefined {
    return this.#deps.pods.lister.list().find((pod) => pod.metadata.uid === uid)
  }

  /** Ends a pod on the kubelet's own account. */
  evict(pod: PodView, failure: PodFailure, graceSeconds: number): void {
    const worker = this.#workers.get(pod.metadata.uid)
    this.#deps.log.info('a pod is evicted', { pod: podKey(pod), reason: failure.reason })
    worker?.fail(failure, graceSeconds)
  }
}

const age = ({ metadata }: PodView): string => metadata.creationTimestamp

function until(holds: () => boolean, informer: Informer<Node>, signal: AbortSignal): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const check = (): void => {
      if (!holds()) return
      signal.removeEventListener('abort', stop)
      queueMicrotask(() => unsubscribe())
      resolve()
    }
    const stop = (): void => {
      unsubscribe()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    const unsubscribe = informer.on({ added: check, updated: check })
  })
}
