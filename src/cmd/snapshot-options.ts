import { join, resolve } from 'node:path'
import type { ClusterPaths } from './cluster/paths.ts'
import type { Given, OptionSpec } from './options.ts'
import { UsageError } from './usage-error.ts'

export const snapshotDirOption: OptionSpec = {
  name: 'snapshot-dir',
  value: 'DIR',
  help: 'where snapshots are (default: snapshots in the data directory)',
}

export const DEFAULT_SCHEDULE = '0 */12 * * *'
export const DEFAULT_RETENTION = 5

/** Options of a command that runs a cluster. */
export const snapshotScheduleOptions: readonly OptionSpec[] = [
  {
    name: 'snapshot-schedule',
    value: 'CRON',
    help: `when snapshots of the state are made, as a cron line in local time, or 'off'\n(default '${DEFAULT_SCHEDULE}'; with the state in etcd 'off')`,
  },
  {
    name: 'snapshot-retention',
    value: 'N',
    help: `how many scheduled snapshots are kept (default ${DEFAULT_RETENTION})`,
  },
  snapshotDirOption,
]

export interface SnapshotPlan {
  /** A cron line. */
  readonly schedule: string
  readonly retention: number
  readonly directory: string
}

export function snapshotDirectory(given: Given, paths: ClusterPaths): string {
  const named = given.text('snapshot-dir')
  return named === undefined ? join(paths.root, 'snapshots') : resolve(named)
}

/** What the options say about scheduled snapshots; undefined for none. Throws a UsageError for a bad cron line. */
export async function snapshotPlanOf(
  given: Given,
  paths: ClusterPaths,
  { inEtcd }: { readonly inEtcd: boolean },
): Promise<SnapshotPlan | undefined> {
  const schedule = given.text('snapshot-schedule') ?? (inEtcd ? 'off' : DEFAULT_SCHEDULE)
  const retention = given.number('snapshot-retention', { min: 1, max: 10_000 }) ?? DEFAULT_RETENTION
  if (schedule === 'off') return undefined
  const { Cron } = await import('croner')
  try {
    new Cron(schedule, { paused: true, mode: '5-part' })
  } catch (cause) {
    throw new UsageError(
      `--snapshot-schedule takes a cron line such as '${DEFAULT_SCHEDULE}', or 'off', not '${schedule}'.`,
      { exitCode: 2, cause },
    )
  }
  return { schedule, retention, directory: snapshotDirectory(given, paths) }
}
