import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { memoryIn, readFileSystem } from '../node/machine.ts'
import type { Pressure } from '../node/node-status.ts'
import { Label } from '../pods/container-labels.ts'
import type { PodView } from '../pods/pod.ts'
import { isTerminal } from '../pods/pod.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import type { PodManager } from '../pods/pod-manager.ts'
import type { PodFailure } from '../pods/pod-status.ts'
import type { ContainerUsage } from './eviction-message.ts'
import { evictionMessage } from './eviction-message.ts'
import { evictionOrder } from './eviction-order.ts'
import type { Shortage, Signals } from './thresholds.ts'
import { shortages } from './thresholds.ts'

export interface EvictionManagerDeps {
  readonly pods: Pick<PodManager, 'list' | 'evict'>
  readonly runtime: Pick<ContainerRuntime, 'listContainerStats'>
  readonly events: PodEvents
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  /** Set in tests; reads the machine otherwise. */
  readonly readSignals?: () => Promise<Signals>
  onChange(): void
}

const SAMPLE_MS = 10_000
/** A pressure is shown this long after its cause has gone. */
const TRANSITION_MS = 5 * 60_000

/** Watches memory and disk, shows shortages as node conditions, and evicts one pod at a time until they are over. */
export class EvictionManager implements Component {
  readonly name = 'eviction'
  readonly #deps: EvictionManagerDeps
  readonly #seen = new Map<Pressure, number>() // when each was last there, monotonic ms

  constructor(deps: EvictionManagerDeps) {
    this.#deps = deps
  }

  /** The pressures that the node has, or had until a short while ago. */
  get pressures(): ReadonlySet<Pressure> {
    const now = this.#deps.clock.monotonic()
    return new Set([...this.#seen].filter(([, at]) => now - at < TRANSITION_MS).map(([pressure]) => pressure))
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      await this.sample(signal).catch((error) => log.warn('the node was not checked for shortages', { error }))
      await clock.sleep(SAMPLE_MS, signal).catch(() => log.debug('shortages are no longer looked for'))
    }
  }

  async sample(signal: AbortSignal): Promise<void> {
    const { readSignals = () => readNodeSignals(this.#deps.dataDir), clock, onChange } = this.#deps
    const found = shortages(await readSignals())
    const before = this.pressures
    for (const { pressure } of found) this.#seen.set(pressure, clock.monotonic())
    if (this.pressures.size !== before.size) onChange()
    if (found[0]) await this.#evictOne(found[0], signal)
  }

  async #evictOne(shortage: Shortage, signal: AbortSignal): Promise<void> {
    const { pods, events, log } = this.#deps
    const usage = await this.#usage(shortage, signal)
    const active = pods
      .list()
      .filter(({ status, metadata }) => !isTerminal(status?.phase) && !metadata.deletionTimestamp)
    const [first] = evictionOrder(
      active.map((pod) => ({ pod, usage: total(usage.get(pod.metadata.uid)) })),
      shortage.resource,
    )
    if (!first)
      return log.warn('the node is short of a resource and no pod can be evicted', { resource: shortage.resource })
    const failure = failureFor(
      first.pod,
      evictionMessage(first.pod, shortage, usage.get(first.pod.metadata.uid) ?? new Map()),
    )
    events.pod(first.pod).warning('Evicted', failure.message)
    pods.evict(first.pod, failure, 0)
  }

  /** Bytes of memory or disk by pod uid and container; the runtime does not count inodes. */
  async #usage({ pressure }: Shortage, signal: AbortSignal): Promise<ReadonlyMap<string, ContainerUsage>> {
    const pods = new Map<string, Map<string, number>>()
    for (const { attributes, memory, writableLayer } of await this.#deps.runtime.listContainerStats({}, signal)) {
      const used = pressure === 'MemoryPressure' ? memory?.workingSetBytes?.value : writableLayer?.usedBytes?.value
      const { [Label.PodUid]: uid, [Label.ContainerName]: name } = attributes?.labels ?? {}
      if (uid === undefined || name === undefined || used === undefined) continue
      const containers = pods.get(uid) ?? new Map<string, number>()
      pods.set(uid, containers.set(name, used))
    }
    return pods
  }
}

function total(usage: ContainerUsage = new Map()): number {
  return usage.values().reduce((sum, bytes) => sum + bytes, 0)
}

function failureFor(pod: PodView, message: string): PodFailure {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'TerminationByKubelet',
    message,
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  } as const
  return { reason: 'Evicted', message, condition }
}

async function readNodeSignals(dataDir: string): Promise<Signals> {
  const [meminfo, disk] = await Promise.all([readFile('/proc/meminfo', 'utf8'), readFileSystem(dataDir)])
  return {
    memoryAvailableBytes: memoryIn(meminfo, 'MemAvailable') ?? 0,
    memoryCapacityBytes: memoryIn(meminfo, 'MemTotal') ?? 0,
    diskAvailableBytes: disk.availableBytes,
    diskCapacityBytes: disk.capacityBytes,
    inodesFree: disk.inodesFree,
    inodes: disk.inodes,
  }
}
