import { setImmediate as turn } from 'node:timers/promises'

/** The longest time that a loop over many objects may hold the event loop. */
const HOLD_MS = 5

/** For loops over many objects: awaiting the returned function lets others run whenever 5 ms have passed. */
export function breather(monotonic: () => number = () => performance.now()): () => Promise<void> | undefined {
  let since = monotonic()
  return () => {
    if (monotonic() - since < HOLD_MS) return undefined
    return turn().then(() => {
      since = monotonic()
    })
  }
}
