import { inParallel } from '../base/in-parallel.ts'

export interface ApplyOptions {
  /** How many run at once; 16 unless given. */
  readonly parallel?: number
  readonly signal: AbortSignal
}

/**
 * Carries out the steps of a plan, some at once. After the first failure no further step begins; it is thrown when those
 * that run have ended.
 */
export async function apply<S>(
  steps: Iterable<S>,
  run: (step: S) => Promise<unknown>,
  { parallel = 16, signal }: ApplyOptions,
): Promise<void> {
  await inParallel(steps, parallel, async (step) => {
    signal.throwIfAborted()
    await run(step)
  })
  signal.throwIfAborted()
}

/**
 * Carries out like steps in batches of 1, 2, 4… up to `parallel`, as upstream creates pods: when all would fail (quota,
 * admission) few are tried. Returns how many succeeded; a failure is in `error`, with no further batch begun.
 */
export async function applySlowly<S>(
  steps: readonly S[],
  run: (step: S) => Promise<unknown>,
  { parallel = 500, signal }: ApplyOptions,
): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0
  for (let from = 0, size = 1; from < steps.length; from += size, size = Math.min(2 * size, parallel)) {
    signal.throwIfAborted()
    const results = await Promise.allSettled(steps.slice(from, from + size).map((step) => run(step)))
    const failed = results.find((result) => result.status === 'rejected')
    succeeded += results.filter(({ status }) => status === 'fulfilled').length
    if (failed) return { succeeded, error: failed.reason }
  }
  return { succeeded }
}
