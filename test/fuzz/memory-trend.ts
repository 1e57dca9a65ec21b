export interface MemorySample {
  /** How many requests had been answered. */
  readonly requests: number
  /** What was kept, garbage not counted. */
  readonly bytes: number
}

/** By how much memory grows with a request: the least-squares line through the second half of the samples. */
export function bytesPerRequest(samples: readonly MemorySample[]): number {
  return slope(samples.slice(Math.floor(samples.length / 2)))
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
