import { timestamp } from '../base/clock.ts'
import { listSnapshots } from '../store/snapshots/snapshot-directory.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { sizeText } from './progress-line.ts'
import { snapshotDirectory } from './snapshot-options.ts'
import { explained } from './state-fault.ts'

export async function run(given: Given): Promise<number> {
  const directory = snapshotDirectory(given, clusterPaths(dataDirectory(given.text('data-dir'))))
  const files = await explained(async () => listSnapshots(directory))
  if (given.text('output') === 'json') {
    process.stdout.write(`${JSON.stringify(files, null, 2)}\n`)
    return 0
  }
  if (files.length === 0) {
    process.stdout.write(`there are no snapshots in ${directory}\n`)
    return 0
  }
  const rows = files.map(({ name, time, revision, bytes }) => [
    name,
    timestamp(time),
    String(revision),
    sizeText(bytes),
  ])
  process.stdout.write(`${directory}\n${tableText([['NAME', 'MADE', 'REVISION', 'SIZE'], ...rows])}`)
  return 0
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('')
}
