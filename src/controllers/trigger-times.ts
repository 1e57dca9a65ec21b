import type { Pod, Service } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { podCondition } from './pod-state.ts'

interface Seen {
  readonly service: number
  readonly pods: ReadonlyMap<string, number>
}

/** Where the time of the change goes that made endpoints be written: for measuring how long programming takes. */
export const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * Finds when the earliest change happened that a new set of endpoints answers to (upstream: TriggerTimeTracker). It
 * remembers what it has seen: after a restart the first answer may name an older change.
 */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>() // service key → newest times answered to

  /** RFC 3339, or undefined when nothing that carries a time has changed. */
  since(key: string, service: DeepReadonly<Service>, pods: readonly DeepReadonly<Pod>[]): string | undefined {
    const seen = this.#seen.get(key)
    const created = Date.parse(service.metadata.creationTimestamp)
    const readiness = new Map(pods.flatMap((pod) => readinessTime(pod)))
    this.#seen.set(key, { service: created, pods: readiness })
    const changes = [...readiness].filter(([name, time]) => time > (seen?.pods.get(name) ?? 0)).map(([, time]) => time)
    if (created > (seen?.service ?? 0)) changes.push(created)
    if (changes.length === 0) return undefined
    return `${new Date(Math.min(...changes)).toISOString().slice(0, 19)}Z`
  }

  forget(key: string): void {
    this.#seen.delete(key)
  }
}

function readinessTime(pod: DeepReadonly<Pod>): [string, number][] {
  const time = Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '')
  return Number.isNaN(time) ? [] : [[pod.metadata.name, time]]
}
