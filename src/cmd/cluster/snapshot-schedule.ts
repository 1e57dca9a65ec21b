import { Cron } from 'croner'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { SnapshotOrigin } from '../../store/snapshots/save-snapshot.ts'
import { listSnapshots, pruneSnapshots } from '../../store/snapshots/snapshot-directory.ts'

export interface SnapshotScheduleDeps {
  readonly origin: SnapshotOrigin
  /** The revision that the state is at. */
  readonly revision: () => number
  /** A cron line, in local time. */
  readonly schedule: string
  readonly retention: number
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
}

/** Retention applies to these alone. */
const LABEL = 'scheduled'

/**
 * Makes snapshots at the times of a cron line and deletes the oldest of its own. A state that has not changed since the
 * last one gets none. What goes wrong is logged, and tried again the next time.
 */
export class SnapshotSchedule implements Component {
  readonly name = 'snapshots'
  readonly #deps: SnapshotScheduleDeps

  constructor(deps: SnapshotScheduleDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { schedule, clock, log } = this.#deps
    const cron = new Cron(schedule, { paused: true, mode: '5-part' })
    while (!signal.aborted) {
      const next = cron.nextRun(new Date(clock.now()))
      if (!next) return log.warn('the snapshot schedule names no further time', { schedule })
      await this.#until(next.getTime(), signal)
      if (!signal.aborted) await this.#snapshot(signal)
    }
  }

  /** Timers hold less than a month, and the clock may be set meanwhile. */
  async #until(time: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    for (let left = time - clock.now(); left > 0 && !signal.aborted; left = time - clock.now()) {
      await clock.sleep(Math.min(left, 3_600_000), signal).catch(() => {}) // aborted: the loops end
    }
  }

  async #snapshot(signal: AbortSignal): Promise<void> {
    const { origin, directory, retention, revision, clock, log } = this.#deps
    try {
      const last = listSnapshots(directory).findLast(({ label }) => label === LABEL)
      if (last && last.revision >= revision()) return
      const { saveSnapshot } = await import('../../store/snapshots/save-snapshot.ts') // twice a day: not kept from the start
      const { name, bytes } = await saveSnapshot(origin, { directory, label: LABEL, clock, signal })
      const pruned = pruneSnapshots(directory, retention, LABEL)
      log.info('a snapshot of the state was made', { name, bytes, pruned: pruned.map((old) => old.name) })
    } catch (error) {
      if (!signal.aborted) log.warn('no snapshot of the state could be made; the next time tries again', { error })
    }
  }
}
