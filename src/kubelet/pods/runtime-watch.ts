import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerEvent, ContainerRuntime } from '../cri/container-runtime.ts'
import { RuntimeCode, RuntimeError } from '../cri/container-runtime.ts'
import { Label } from './container-labels.ts'

export interface RuntimeWatchDeps {
  readonly runtime: ContainerRuntime
  readonly clock: Clock
  readonly log: Logger
  /** Events for runtimes without CRI's own: containerd's stream. */
  readonly fallbackEvents?: (signal: AbortSignal) => AsyncIterable<ContainerEvent>
  /** Something of this pod changed. `pod` is what its labels say. */
  onChange(pod: RuntimePodName): void
  /** The runtime answers, or why it does not. */
  onHealth(failure: string | undefined): void
}

export interface RuntimePodName {
  readonly uid: string
  readonly name: string
  readonly namespace: string
}

interface Known {
  readonly pod: RuntimePodName
  readonly state: string
}

const BUSY_RELIST_MS = 1000
const QUIET_RELIST_MS = 60_000
/** How long after the last change the runtime counts as busy. */
const BUSY_MS = 10_000
const RECONNECT_MS = 500
/** How soon CRI shows the end of a container that its event told of. */
const SETTLE_TRIES = 25
const SETTLE_MS = 20

/**
 * Tells which pods to look at again: by the runtime's events, and by listing everything as a safety net, every second while
 * pods change and once a minute when all is quiet.
 */
export class RuntimeWatch implements Component {
  readonly name = 'runtime-watch'
  readonly #deps: RuntimeWatchDeps
  readonly #known = new Map<string, Known>() // by id of container or sandbox
  #busyUntil = 0 // monotonic ms
  #wake = (): void => {}

  constructor(deps: RuntimeWatchDeps) {
    this.#deps = deps
  }

  /** Pods are about to change: list often for a while. */
  expectChanges(): void {
    const wasQuiet = this.#deps.clock.monotonic() >= this.#busyUntil
    this.#busyUntil = this.#deps.clock.monotonic() + BUSY_MS
    if (wasQuiet) this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#listForever(signal), this.#followForever(signal)])
  }

  /** All pods that the runtime has anything of. Also the first look after a start. */
  async list(signal: AbortSignal): Promise<RuntimePodName[]> {
    const { runtime } = this.#deps
    const [sandboxes, containers] = await Promise.all([
      runtime.listPodSandboxes({}, signal),
      runtime.listContainers({}, signal),
    ])
    const found = new Map<string, Known>()
    const pods = new Map<string, RuntimePodName>()
    for (const { id, state, labels } of [...sandboxes, ...containers]) {
      const uid = labels[Label.PodUid]
      if (uid === undefined) continue // not ours
      const pod = { uid, name: labels[Label.PodName] ?? '', namespace: labels[Label.PodNamespace] ?? '' }
      pods.set(uid, pod)
      found.set(id, { pod, state })
    }
    this.#compare(found)
    return [...pods.values()]
  }

  #compare(found: ReadonlyMap<string, Known>): void {
    const changed = new Map<string, RuntimePodName>()
    for (const [id, { pod, state }] of found) if (this.#known.get(id)?.state !== state) changed.set(pod.uid, pod)
    for (const [id, { pod }] of this.#known) if (!found.has(id)) changed.set(pod.uid, pod)
    this.#known.clear()
    for (const [id, known] of found) this.#known.set(id, known)
    for (const pod of changed.values()) this.#changed(pod)
  }

  #changed(pod: RuntimePodName): void {
    this.expectChanges()
    this.#deps.onChange(pod)
  }

  async #listForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.list(signal)
        this.#deps.onHealth(undefined)
      } catch (error) {
        if (signal.aborted) return
        this.#deps.onHealth(error instanceof Error ? error.message : String(error))
        this.expectChanges()
      }
      await this.#pause(signal)
    }
  }

  /** Until the next listing is due; `expectChanges` may make that sooner. */
  #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel()
        signal.removeEventListener('abort', finish)
        this.#wake = () => {}
        resolve()
      }
      const busy = clock.monotonic() < this.#busyUntil
      let cancel = clock.after(busy ? BUSY_RELIST_MS : QUIET_RELIST_MS, finish)
      this.#wake = () => {
        cancel()
        cancel = clock.after(BUSY_RELIST_MS, finish)
      }
      signal.addEventListener('abort', finish, { once: true })
    })
  }

  async #followForever(signal: AbortSignal): Promise<void> {
    const { runtime, clock, log, fallbackEvents } = this.#deps
    let events = (stop: AbortSignal) => runtime.events(stop)
    while (!signal.aborted) {
      try {
        for await (const event of events(signal)) this.#take(event, signal)
      } catch (error) {
        const unimplemented = error instanceof RuntimeError && error.code === RuntimeCode.Unimplemented
        if (unimplemented && fallbackEvents) events = fallbackEvents
        else log.info('the event stream of the container runtime broke', { error })
        if (unimplemented && fallbackEvents) continue
      }
      this.expectChanges()
      await clock.sleep(RECONNECT_MS, signal).catch(() => log.debug('the runtime is no longer followed'))
    }
  }

  #take({ containerId, kind, podUid }: ContainerEvent, signal: AbortSignal): void {
    const known = this.#known.get(containerId)
    if (kind !== 'stopped') return this.expectChanges() // our own doing: whoever did it looks again anyway
    this.#untilSettled(containerId, known?.pod.uid ?? podUid, signal).catch((error) =>
      this.#deps.log.debug('the end of a container could not be looked at', { error }),
    )
  }

  /** CRI's own record follows its runtime's event by some milliseconds. */
  async #untilSettled(id: string, podUid: string | undefined, signal: AbortSignal): Promise<void> {
    const { runtime, clock } = this.#deps
    for (let tries = 0; tries < SETTLE_TRIES; tries++) {
      const [container] = await runtime.listContainers({ id }, signal)
      const [sandbox] = container ? [] : await runtime.listPodSandboxes({ id }, signal)
      const labels = (container ?? sandbox)?.labels
      const uid = labels?.[Label.PodUid] ?? podUid
      const running = container?.state === 'CONTAINER_RUNNING' || sandbox?.state === 'SANDBOX_READY'
      if (!running && uid !== undefined) {
        const pod = { uid, name: labels?.[Label.PodName] ?? '', namespace: labels?.[Label.PodNamespace] ?? '' }
        return this.#changed(pod)
      }
      if (!labels) return
      await clock.sleep(SETTLE_MS, signal)
    }
    this.expectChanges()
  }
}
