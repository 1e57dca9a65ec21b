import { setImmediate as nextTurn } from 'node:timers/promises'

const SLICE_MS = 5
const LOOK_EVERY = 256

/** For loops over many objects: tells when the event loop has been held for 5 ms, and lets others run. */
export function yieldEvery(): { due(): boolean; now(): Promise<void> } {
  let steps = 0
  let started = performance.now()
  return {
    due: () => ++steps % LOOK_EVERY === 0 && performance.now() - started > SLICE_MS,
    async now() {
      await nextTurn()
      started = performance.now()
    },
  }
}
