import type { LeaderElectionTimes } from '../client/leader-election-times.ts'
import { DEFAULT_ELECTION_TIMES, problemOfTimes } from '../client/leader-election-times.ts'
import { parseGoDuration } from './go-duration.ts'
import type { Given, OptionSpec } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Upstream's options of kube-controller-manager and kube-scheduler; here they are for both. */
export const leaderElectionOptions: readonly OptionSpec[] = [
  {
    name: 'leader-elect',
    value: 'BOOL',
    help: "whether controllers and scheduler wait until they are elected among the cluster's servers\n(default true; false is for a cluster that will only ever have this one)",
  },
  {
    name: 'leader-elect-lease-duration',
    value: 'DURATION',
    help: 'after how long without a renewal another server takes over (default 15s)',
  },
  {
    name: 'leader-elect-renew-deadline',
    value: 'DURATION',
    help: 'after how long without a successful renewal the leader stops; shorter than the lease (default 10s)',
  },
  {
    name: 'leader-elect-retry-period',
    value: 'DURATION',
    help: 'how long to wait between two renewals or tries (default 2s)',
  },
]

/** Undefined when nobody is to be elected. Throws a UsageError, in upstream's words, for what cannot be. */
export function leaderElectionOf(given: Given): LeaderElectionTimes | undefined {
  const times: LeaderElectionTimes = {
    leaseDurationMs: durationOf(given, 'leader-elect-lease-duration') ?? DEFAULT_ELECTION_TIMES.leaseDurationMs,
    renewDeadlineMs: durationOf(given, 'leader-elect-renew-deadline') ?? DEFAULT_ELECTION_TIMES.renewDeadlineMs,
    retryPeriodMs: durationOf(given, 'leader-elect-retry-period') ?? DEFAULT_ELECTION_TIMES.retryPeriodMs,
  }
  if (!isWanted(given)) return undefined
  const problem = problemOfTimes(times)
  if (problem) {
    const [lease, deadline, retry] = [times.leaseDurationMs, times.renewDeadlineMs, times.retryPeriodMs]
    throw new UsageError(
      `${problem}: --leader-elect-lease-duration is ${lease} ms, --leader-elect-renew-deadline ${deadline} ms, --leader-elect-retry-period ${retry} ms.`,
      { exitCode: 2 },
    )
  }
  return times
}

function isWanted(given: Given): boolean {
  const text = given.text('leader-elect') ?? 'true'
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw invalid('leader-elect', text, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

function durationOf(given: Given, name: string): number | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  try {
    return parseGoDuration(text)
  } catch (error) {
    throw invalid(name, text, (error as Error).message)
  }
}

/** As upstream's flags say it. */
const invalid = (name: string, text: string, why: string): UsageError =>
  new UsageError(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${why}`, { exitCode: 2 })
