import { setImmediate as turn } from 'node:timers/promises'

const SLICE_MS = 5
const LOOK_EVERY = 256

/** When the work of this turn of the event loop began, as far as it asks; undefined in a turn that nobody has asked in. */
let began: number | undefined

/**
 * Whether this turn has lasted 5 ms already: then who has more to do waits for the next. All who ask share the slice, since
 * many short steps, each of its own request, hold up the others as well as one long one.
 */
export function turnIsLong(): boolean {
  if (began === undefined) {
    began = performance.now()
    setImmediate(() => {
      began = undefined
    })
    return false
  }
  return performance.now() - began > SLICE_MS
}

/** For loops over many objects: tells when the event loop has been held for long, and lets others run. */
export function yieldEvery(): { due(): boolean; now(): Promise<void> } {
  let steps = 0
  return { due: () => ++steps % LOOK_EVERY === 0 && turnIsLong(), now: nextTurn }
}

/** Resolves in the next turn of the event loop. */
export const nextTurn = (): Promise<void> => turn()
