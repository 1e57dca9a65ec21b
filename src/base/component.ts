/** A long-lived part of the program: runs until the signal aborts, rejects on a fault that it cannot handle itself. */
export interface Component {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}

/** Runs components side by side; the first fault, or the signal, stops all, and the fault is thrown when all ended. */
export async function runTogether(components: Iterable<Component>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const all = AbortSignal.any([signal, stop.signal])
  const faults: unknown[] = []
  const guarded = async (component: Component) => {
    try {
      await component.run(all)
    } catch (error) {
      if (all.aborted) return // stopping: what ends now ends because of that
      faults.push(new Error(`${component.name} failed: ${(error as Error).message}`, { cause: error }))
      stop.abort(error)
    }
  }
  await Promise.all(Array.from(components, guarded))
  if (faults.length > 0) throw faults[0]
}

/**
 * Runs `upper` upon what it needs until its last moment: the signal stops it first, and the others when it has ended. A
 * fault of any stops all.
 */
export async function runUpon(lower: Iterable<Component>, upper: Component, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const first: Component = {
    name: upper.name,
    async run(stop) {
      try {
        await upper.run(AbortSignal.any([signal, stop]))
      } catch (error) {
        if (!signal.aborted) throw error // stopping: what ends now ends because of that
      }
      over.abort()
    },
  }
  await runTogether([...lower, first], over.signal)
}
