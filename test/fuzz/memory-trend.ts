export interface MemorySample {
  /** How many requests had been answered. */
  readonly requests: number
  readonly bytes: number
}

const WINDOWS = 5

/**
 * By how much memory grows with a request. A heap goes up until it is collected: so of each part of the second half the
 * lowest sample counts, and the least-squares line through these.
 */
export function bytesPerRequest(samples: readonly MemorySample[]): number {
  const late = samples.slice(Math.floor(samples.length / 2))
  const size = Math.max(1, Math.floor(late.length / WINDOWS))
  const windows = Array.from({ length: Math.floor(late.length / size) }, (_, at) =>
    late.slice(at * size, (at + 1) * size),
  )
  return slope(windows.map((window) => window.reduce((low, sample) => (sample.bytes < low.bytes ? sample : low))))
}

function slope(samples: readonly MemorySample[]): number {
  if (samples.length < 2) return 0
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const meanRequests = mean(({ requests }) => requests)
  const meanBytes = mean(({ bytes }) => bytes)
  let [together, square] = [0, 0]
  for (const { requests, bytes } of samples) {
    together += (requests - meanRequests) * (bytes - meanBytes)
    square += (requests - meanRequests) ** 2
  }
  return square === 0 ? 0 : Math.round(together / square)
}
