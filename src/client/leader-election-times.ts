/** How a Lease is kept and taken over (client-go's LeaderElectionConfig). */
export interface LeaderElectionTimes {
  /** How long others wait after a renewal before they take over. */
  readonly leaseDurationMs: number
  /** How long the leader goes on without a successful renewal. Shorter than the lease, so that terms never overlap. */
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
}

/** Upstream's, which bring a new leader within 15 s after the old one died. */
export const DEFAULT_ELECTION_TIMES: LeaderElectionTimes = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
}

/** client-go: a retry may come that much later than its period. */
export const JITTER_FACTOR = 1.2

/** What is wrong with the times, in client-go's words; undefined when nothing is. */
export function problemOfTimes(times: LeaderElectionTimes): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times
  if (leaseDurationMs <= renewDeadlineMs) return 'leaseDuration must be greater than renewDeadline'
  if (renewDeadlineMs <= JITTER_FACTOR * retryPeriodMs) {
    return 'renewDeadline must be greater than retryPeriod*JitterFactor'
  }
  if (leaseDurationMs < 1) return 'leaseDuration must be greater than zero'
  if (renewDeadlineMs < 1) return 'renewDeadline must be greater than zero'
  if (retryPeriodMs < 1) return 'retryPeriod must be greater than zero'
  return undefined
}
