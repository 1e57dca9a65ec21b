import { hasReason, Reason } from '../../api/status-error.ts'
import type { PodStatus } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { PodStatusView, PodView } from './pod.ts'
import { KUBELET_CONDITIONS } from './pod-conditions.ts'

export interface StatusManagerDeps {
  readonly client: Pick<Client, 'pods'>
  readonly clock: Clock
  readonly log: Logger
}

interface Entry {
  pod: PodView
  wanted: PodStatus
  /** What the server has, as far as we know; undefined: what `pod` shows. */
  written: PodStatusView | undefined
  writing: boolean
  deleting: boolean
}

const RETRY_MS = 1000

/**
 * Writes pods' statuses: one request at a time for each pod, the newest status only, nothing when nothing changed. It also
 * holds the newest status, which is ahead of what informers show.
 */
export class StatusManager {
  readonly #deps: StatusManagerDeps
  readonly #entries = new Map<string, Entry>() // by pod uid
  readonly #idle = new Map<string, (() => void)[]>() // who waits until a pod's status is written

  constructor(deps: StatusManagerDeps) {
    this.#deps = deps
  }

  /** The newest status known for a pod. */
  statusOf(pod: PodView): PodStatusView {
    return this.#entries.get(pod.metadata.uid)?.wanted ?? pod.status ?? {}
  }

  /** Takes over a new status; it is written soon, if it differs from the one the API has. */
  set(pod: PodView, status: PodStatus, signal: AbortSignal): void {
    const { uid } = pod.metadata
    const entry = this.#entries.get(uid)
    if (entry) Object.assign(entry, { pod, wanted: status })
    else this.#entries.set(uid, { pod, wanted: status, written: undefined, writing: false, deleting: false })
    this.#write(uid, signal)
  }

  /** Resolves when the newest status of a pod has been written (or the pod is gone). */
  async flushed(uid: string): Promise<void> {
    if (!this.#entries.get(uid)?.writing) return
    await new Promise<void>((resolve) => {
      const waiting = this.#idle.get(uid) ?? []
      this.#idle.set(uid, [...waiting, resolve])
    })
  }

  /** Drops what is held of a pod that is gone. */
  forget(uid: string): void {
    this.#entries.delete(uid)
  }

  #write(uid: string, signal: AbortSignal): void {
    const entry = this.#entries.get(uid)
    if (!entry || entry.writing) return
    entry.writing = true
    this.#writeUntilEqual(entry, signal)
      .catch((error) => this.#deps.log.debug('stopped while a pod status was written', { error }))
      .finally(() => {
        entry.writing = false
        for (const resolve of this.#idle.get(uid) ?? []) resolve()
        this.#idle.delete(uid)
      })
  }

  async #writeUntilEqual(entry: Entry, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      const { pod, wanted } = entry
      const patch = statusPatch(entry.written ?? pod.status ?? {}, wanted)
      if (!patch) return
      try {
        await this.#send(pod, patch, signal)
        entry.written = wanted
      } catch (error) {
        signal.throwIfAborted()
        if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return // the pod is gone
        log.warn('a pod status could not be written; trying again', { pod: pod.metadata.name, error })
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }

  async #send({ metadata }: PodView, status: object, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = metadata
    const body = { metadata: { uid }, status }
    await this.#deps.client.pods.patch(
      { namespace, name },
      { type: 'strategic', subresource: 'status', body },
      { signal },
    )
  }
}

/**
 * The strategic merge patch that leads from one status to another; undefined when they are equal. Lists of conditions and
 * addresses merge by key on the server, so that conditions of others stay untouched.
 */
export function statusPatch(from: PodStatusView, to: PodStatusView): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {}
  const fields = new Set([...Object.keys(from), ...Object.keys(to)]) as Set<keyof PodStatusView>
  for (const field of fields) {
    if (!OWNED.has(field) || equal(from[field], to[field])) continue
    if (field === 'conditions') Object.assign(patch, conditionsPatch(from.conditions ?? [], to.conditions ?? []))
    else if (field === 'podIPs' || field === 'hostIPs')
      patch[field] = addressesPatch(from[field] ?? [], to[field] ?? [])
    else patch[field] = to[field] ?? null
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

/** Other fields (nominatedNodeName, resize…) are written by others. */
const OWNED = new Set<keyof PodStatusView>([
  'observedGeneration',
  'phase',
  'conditions',
  'message',
  'reason',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'qosClass',
])

type Conditions = NonNullable<PodStatusView['conditions']>

function conditionsPatch(from: Conditions, to: Conditions): Record<string, unknown> {
  const changed = to.filter(
    (condition) => !from.some((old) => old.type === condition.type && sameCondition(old, condition)),
  )
  if (changed.length === 0) return {}
  const order = to.map(({ type }) => ({ type }))
  return { '$setElementOrder/conditions': order, conditions: changed.map(complete) }
}

/** A text that vanished has to be taken away. */
function complete(condition: Conditions[number]): object {
  if (!KUBELET_CONDITIONS.includes(condition.type)) return condition
  return { ...condition, reason: condition.reason ?? null, message: condition.message ?? null }
}

function sameCondition(a: Conditions[number], b: Conditions[number]): boolean {
  return (['status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'] as const).every(
    (field) => (a[field] ?? '') === (b[field] ?? ''),
  )
}

type Addresses = readonly { readonly ip?: string }[]

function addressesPatch(from: Addresses, to: Addresses): object[] {
  const gone = from.filter(({ ip }) => !to.some((address) => address.ip === ip))
  return [...to, ...gone.map(({ ip }) => ({ ip, $patch: 'delete' }))]
}

/** Equal as JSON, whatever the order of fields; a missing field equals an empty object or text. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
