import type { Operation, Outcome, Surviving } from './history.ts'
import type { OnTold } from './perform.ts'
import type { Random } from './random.ts'

/** A store in a place where things happen to it. */
export interface Subject extends AsyncDisposable {
  /** The revision at the beginning; nothing is in the store. */
  readonly base: number
  readonly isAlone: boolean
  /** Whether its past may be forgotten during the run. */
  readonly compacts: boolean
  call(operation: Operation): Promise<Outcome>
  /** Resolves or rejects when the watch has ended: by the signal, or by what happened to the store. */
  watch(prefix: string, after: number, told: OnTold, signal: AbortSignal): Promise<void>
  /** Lets one thing happen. Resolves when the store can be used again; calls meanwhile wait, are refused or unknown. */
  disturb(random: Random): Promise<Surviving | undefined>
}
