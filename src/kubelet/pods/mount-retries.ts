import type { Clock } from '../../base/clock.ts'
import type { VolumeMountError } from '../volumes/volume-manager.ts'
import { BackOff } from './back-off.ts'

const INITIAL_MS = 500
const MAX_MS = 122_000
/** Upstream's podAttachAndMountTimeout: so long a pod's volumes may take before that is told as well. */
const PATIENCE_MS = 123_000

/** What there is to say and do about volumes that could not be set up. */
export interface MountVerdict {
  /** For FailedMount events. */
  readonly messages: readonly string[]
  /** ms since the epoch. */
  readonly retryAt: number
}

/** Spaces the tries to set up a pod's volumes: 0.5 s, doubled with each failure, at most 2 min 2 s (upstream: exponentialbackoff). */
export class MountRetries {
  readonly #clock: Clock
  readonly #backOff: BackOff
  readonly #waitingSince = new Map<string, number>() // by pod uid, ms since the epoch

  constructor(clock: Clock) {
    this.#clock = clock
    this.#backOff = new BackOff(clock, { initialMs: INITIAL_MS, maxMs: MAX_MS })
  }

  /** When the next try is due; undefined when it may be made now. */
  waitUntil(podUid: string): number | undefined {
    return this.#backOff.waitUntilSinceUpdate(podUid)
  }

  failed(podUid: string, { message, volumeName }: VolumeMountError): MountVerdict {
    const now = this.#clock.now()
    this.#backOff.next(podUid, now)
    const retryAt = now + this.#backOff.delayMs(podUid)
    const since = this.#waitingSince.get(podUid) ?? now
    const isLate = now - since >= PATIENCE_MS
    this.#waitingSince.set(podUid, isLate ? now : since)
    return { messages: isLate ? [message, timedOut(volumeName)] : [message], retryAt }
  }

  /** The volumes are there, or the pod is gone. */
  forget(podUid: string): void {
    this.#backOff.forget(podUid)
    this.#waitingSince.delete(podUid)
  }
}

function timedOut(volume: string): string {
  const which = `unmounted volumes=[${volume}], unattached volumes=[], failed to process volumes=[]`
  return `Unable to attach or mount volumes: ${which}: context deadline exceeded`
}
