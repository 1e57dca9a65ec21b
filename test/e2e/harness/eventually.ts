import { setTimeout as delay } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How long to keep trying; 30 s unless told. */
  readonly withinMs?: number
  /** Pause between two tries. */
  readonly everyMs?: number
}

/**
 * Repeats an observation until it does not throw and answers its value. After the deadline it rejects with the last
 * failure, so that a test shows what it saw and not that time went by.
 */
export async function eventually<T>(
  observe: () => T | Promise<T>,
  { withinMs = 30_000, everyMs = 100 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await observe()
    } catch (error) {
      if (performance.now() >= deadline) throw error
    }
    await delay(everyMs)
  }
}
