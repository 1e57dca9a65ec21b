import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../base/clock.ts'
import { createLogger, LogLevel } from '../../base/log.ts'
import { listSnapshots } from '../../store/snapshots/snapshot-directory.ts'
import { SqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { SnapshotSchedule } from './snapshot-schedule.ts'

const BEGIN = new Date(2026, 0, 1, 0, 30).getTime()

/** Time goes on when somebody sleeps, until `times` sleeps are over: the first later one stops the schedule. */
function sleeper(times: number, stop: AbortController, between: (time: number) => Promise<void> = async () => {}) {
  let now = BEGIN
  const sleeps: number[] = []
  const clock: Clock = {
    ...systemClock,
    now: () => now,
    async sleep(ms) {
      if (sleeps.length === times) return stop.abort()
      sleeps.push(ms)
      now += ms
      await between(now)
    },
  }
  return clock
}

async function scheduled(times: number, between: (store: SqliteStore) => Promise<unknown>) {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-schedule-'))
  try {
    const file = join(directory, 'state.db')
    await using store = await SqliteStore.open({ file, clock: systemClock })
    const stop = new AbortController()
    const lines: string[] = []
    await new SnapshotSchedule({
      origin: { file },
      revision: () => store.revision(),
      schedule: '0 * * * *',
      retention: 2,
      directory: join(directory, 'snapshots'),
      clock: sleeper(times, stop, async () => void (await between(store))),
      log: createLogger({ level: LogLevel.Warn, write: (line) => lines.push(line) }),
    }).run(stop.signal)
    return { times: listSnapshots(join(directory, 'snapshots')).map(({ time }) => new Date(time).getHours()), lines }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

let written = 0
const write = (store: SqliteStore) => store.put(`/registry/${written++}`, new Uint8Array(1), 0)

test('scheduled snapshots are made at the times of the cron line, and the oldest go', async () => {
  assert.deepEqual(await scheduled(4, write), { times: [3, 4], lines: [] })
})

test('a state that has not changed gets no further snapshot', async () => {
  let wrote = false
  const once = async (store: SqliteStore): Promise<void> => {
    if (!wrote) await write(store)
    wrote = true
  }
  assert.deepEqual((await scheduled(4, once)).times, [1])
})

test('a snapshot that cannot be made is said and tried again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-schedule-'))
  const file = join(directory, 'not-a-directory')
  writeFileSync(file, '')
  const stop = new AbortController()
  const lines: string[] = []
  await new SnapshotSchedule({
    origin: { file: join(directory, 'state.db') },
    revision: () => 5,
    schedule: '0 * * * *',
    retention: 2,
    directory: file,
    clock: sleeper(2, stop),
    log: createLogger({ level: LogLevel.Warn, write: (line) => lines.push(line) }),
  }).run(stop.signal)
  rmSync(directory, { recursive: true, force: true })
  assert.equal(lines.length, 2)
  assert.match(lines[0] ?? '', /no snapshot of the state could be made; the next time tries again/)
})
