import { hasReason, Reason } from '../api/status-error.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core.v1.ts'
import type { StorageClass } from '../api/types/storage.v1.ts'
import type { Clock } from '../base/clock.ts'
import { timestamp } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { Client } from '../client/clientset.ts'
import type { EventRecorder, EventWriter } from '../client/events.ts'
import type { Informer } from '../client/informer.ts'
import { ClusterState, isOver } from './cluster-state.ts'
import { diagnosisText } from './diagnosis-text.ts'
import { type FailureReport, FailureReports } from './failure-reports.ts'
import type { SchedulerPlugin } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'
import { podInfo } from './pod-info.ts'
import type { Diagnosis } from './schedule-pod.ts'
import { schedulePod } from './schedule-pod.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

export interface SchedulerDeps {
  readonly client: Pick<Client, 'pods'>
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  readonly claims: Informer<PersistentVolumeClaim>
  readonly volumes: Informer<PersistentVolume>
  readonly classes: Informer<StorageClass>
  readonly plugins: readonly SchedulerPlugin[]
  readonly events: EventRecorder & Pick<EventWriter, 'room'>
  readonly clock: Clock
  readonly log: Logger
  readonly random?: () => number
  /** Which pods are ours: `default-scheduler`. */
  readonly schedulerName?: string
}

/** Bindings under way at a time; the next pod waits for a place. */
const MAX_BINDINGS = 100
/** Cycles are synchronous: other work gets its turn this often. */
const YIELD_EVERY_MS = 5

/** Gives each pod that has none the node that suits it best. */
export class Scheduler implements Component {
  readonly name = 'scheduler'
  readonly #deps: SchedulerDeps
  readonly #state = new ClusterState()
  readonly #queue: SchedulingQueue
  readonly #failures: FailureReports
  readonly #bindings = new Set<Promise<void>>()
  #cycles = 0
  #wake = (): void => {}

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
    this.#queue = new SchedulingQueue({
      plugins: deps.plugins,
      clock: deps.clock,
      onGated: (pod, reason) => void this.#writeCondition(pod, 'SchedulingGated', reason),
      wake: () => this.#wake(),
    })
    this.#failures = new FailureReports({
      clock: deps.clock,
      room: () => deps.events.room,
      tell: (report) => this.#tell(report),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pods, nodes, claims, volumes, classes } = this.#deps
    await Promise.all([pods, nodes, claims, volumes, classes].map((informer) => informer.whenSynced(signal)))
    const unsubscribe = this.#subscribe()
    try {
      while (!signal.aborted) {
        await this.#drain(signal)
        await this.#nextWake(signal)
      }
    } finally {
      for (const stop of unsubscribe) stop()
      this.#queue.close()
      this.#failures.close()
      await Promise.allSettled(this.#bindings)
    }
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    let yielded = clock.monotonic()
    for (let pod = this.#queue.take(); pod && !signal.aborted; pod = this.#queue.take()) {
      this.#cycle(pod, signal)
      if (this.#bindings.size >= MAX_BINDINGS) await Promise.race(this.#bindings)
      if (clock.monotonic() - yielded < YIELD_EVERY_MS) continue
      await new Promise((resolve) => setImmediate(resolve))
      yielded = clock.monotonic()
    }
  }

  #cycle(pod: DeepReadonly<Pod>, signal: AbortSignal): void {
    if (pod.metadata.deletionTimestamp || this.#state.isAssumed(pod.metadata.uid)) return
    const { plugins, random = Math.random } = this.#deps
    const info = podInfo(pod)
    const startAt = this.#cycles++ % Math.max(1, this.#state.nodes.length)
    const outcome = schedulePod(info, this.#state, plugins, { random, startAt })
    if (outcome.kind === 'unschedulable') return this.#refused(pod, outcome.diagnosis)
    this.#failures.forget(pod.metadata.uid)
    this.#state.assume(info, outcome.node.node.metadata.name)
    const binding = this.#bind(info, outcome.node.node, signal).finally(() => this.#bindings.delete(binding))
    this.#bindings.add(binding)
  }

  #refused(pod: DeepReadonly<Pod>, diagnosis: Diagnosis): void {
    const message = diagnosisText(diagnosis, pod)
    this.#queue.park(pod, diagnosis.plugins)
    this.#failures.report({ pod, reason: 'Unschedulable', message })
  }

  async #bind(info: PodInfo, node: DeepReadonly<Node>, signal: AbortSignal): Promise<void> {
    const { client, plugins, events } = this.#deps
    const { name, namespace, uid } = info.pod.metadata
    const target = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name }
    try {
      for (const plugin of plugins) await plugin.preBind?.(info, node, signal)
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target }
      await client.pods.createSubresource({ name, namespace }, 'binding', binding, { signal })
      const message = `Successfully assigned ${namespace}/${name} to ${target.name}`
      events.normal(info.pod, 'Scheduled', message, 'Binding')
    } catch (error) {
      this.#bindingFailed(info, error, signal)
    }
  }

  #bindingFailed({ pod }: PodInfo, error: unknown, signal: AbortSignal): void {
    this.#state.forget(pod.metadata.uid)
    if (signal.aborted || hasReason(error, Reason.NotFound)) return // shutting down; or the pod is gone
    const { message } = error as Error
    this.#deps.log.warn('a pod could not be bound', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error })
    this.#queue.retry(pod)
    this.#failures.report({ pod, reason: 'SchedulerError', message })
  }

  #tell({ pod, reason, message }: FailureReport): void {
    this.#deps.events.warning(pod, 'FailedScheduling', message, 'Scheduling')
    void this.#writeCondition(pod, reason, message)
  }

  async #writeCondition(pod: DeepReadonly<Pod>, reason: string, message: string): Promise<void> {
    const { client, pods, clock, log } = this.#deps
    const { status } = pods.lister.get(pod.metadata) ?? pod
    const present = status.conditions?.find(({ type }) => type === 'PodScheduled')
    if (present?.status === 'False' && present.reason === reason && present.message === message) return
    const lastTransitionTime = present?.status === 'False' ? present.lastTransitionTime : timestamp(clock.now())
    const observedGeneration = pod.metadata.generation
    const condition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime, observedGeneration }
    try {
      const body = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } }
      await client.pods.patch(pod.metadata, { type: 'strategic', subresource: 'status', body })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound) && !hasReason(error, Reason.Conflict)) {
        log.warn('the PodScheduled condition could not be written', { error })
      }
    }
  }

  #subscribe(): (() => void)[] {
    const { pods, nodes, claims, volumes, classes } = this.#deps
    const storageChanged = (): void => this.#queue.happened({ kind: 'storage-changed' })
    const storage = { added: storageChanged, updated: storageChanged }
    return [
      nodes.on({
        added: (node) => {
          this.#state.setNode(node)
          this.#queue.happened({ kind: 'node-added', node })
        },
        updated: (node, old) => {
          this.#state.setNode(node)
          this.#queue.happened({ kind: 'node-updated', node, old })
        },
        deleted: ({ metadata }) => this.#state.removeNode(metadata.name),
      }),
      pods.on({
        added: (pod) => this.#podIs(pod),
        updated: (pod, old) => this.#podIs(pod, old),
        deleted: (pod) => this.#podGone(pod),
      }),
      claims.on(storage),
      volumes.on(storage),
      classes.on(storage),
    ]
  }

  #podIs(pod: DeepReadonly<Pod>, old?: DeepReadonly<Pod>): void {
    if (isOver(pod)) return this.#podGone(pod)
    if (!pod.spec.nodeName) {
      if (this.#isOurs(pod) && !pod.metadata.deletionTimestamp) this.#queue.set(pod)
      else this.#waitsNoMore(pod)
      return
    }
    this.#waitsNoMore(pod)
    this.#state.setPod(pod)
    if (old?.spec.nodeName && pod.metadata.generation !== old.metadata.generation)
      this.#queue.happened({ kind: 'pod-shrunk', pod })
  }

  #podGone(pod: DeepReadonly<Pod>): void {
    this.#waitsNoMore(pod)
    this.#state.removePod(pod.metadata.uid)
    if (pod.spec.nodeName) this.#queue.happened({ kind: 'pod-gone', pod })
  }

  #waitsNoMore({ metadata }: DeepReadonly<Pod>): void {
    this.#queue.remove(metadata.uid)
    this.#failures.forget(metadata.uid)
  }

  #isOurs({ spec }: DeepReadonly<Pod>): boolean {
    return (spec.schedulerName ?? 'default-scheduler') === (this.#deps.schedulerName ?? 'default-scheduler')
  }

  #nextWake(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }
}
