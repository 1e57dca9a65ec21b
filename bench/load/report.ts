import type { Measurement } from './measurement.ts'

export const perSecond = ({ count, seconds }: Pick<Measurement, 'count' | 'seconds'>): number => count / seconds

/** One line: what a server did at one kind of work. */
export function line(server: string, workload: string, measured: Measurement): string {
  const { bytes, seconds, medianMs, p99Ms, cpuMicros, loop, failures } = measured
  return [
    `${server.padEnd(8)} ${workload.padEnd(14)} ${perSecond(measured).toFixed(0).padStart(7)}/s`,
    `${(bytes / seconds / 1e6).toFixed(1).padStart(7)} MB/s`,
    `median ${medianMs.toFixed(2)} ms, p99 ${p99Ms.toFixed(1)} ms`,
    cpuMicros === undefined ? '' : `${cpuMicros.toFixed(cpuMicros < 20 ? 1 : 0)} µs of processor each`,
    loop ? `loop delay p99.9 ${loop.delayMs.toFixed(0)} ms, collection ${loop.collectionMs.toFixed(0)} ms` : '',
    Object.keys(failures).length === 0 ? '' : `failed: ${JSON.stringify(failures)}`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

/** How the first server compares to the second. */
export function ratio(workload: string, first: Measurement, second: Measurement): string {
  const rate = perSecond(first) / perSecond(second)
  const cpu =
    first.cpuMicros && second.cpuMicros ? `, processor time × ${(first.cpuMicros / second.cpuMicros).toFixed(2)}` : ''
  return `${''.padEnd(8)} ${workload.padEnd(14)} rate × ${rate.toFixed(2)}${cpu}`
}
