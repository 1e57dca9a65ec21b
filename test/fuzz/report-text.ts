import type { Fault, FuzzReport } from './fuzz.ts'
import { bytesPerRequest, type MemorySample } from './memory-trend.ts'

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

/** One line while a run is under way. */
export function progressText(
  { sent, seconds, faults, vitals, worstLoopDelayMs }: FuzzReport,
  requests: number,
): string {
  const rate = Math.round(sent / seconds)
  const { residentBytes, heapUsedBytes, openFiles, inFlight } = vitals
  return [
    `${sent}/${requests}`,
    `${rate}/s`,
    `${faults.length} faults`,
    `${megabytes(residentBytes)} resident, ${megabytes(heapUsedBytes)} heap`,
    `${openFiles} files`,
    `${inFlight} in flight`,
    `loop delay at most ${Math.round(worstLoopDelayMs)} ms`,
  ].join(', ')
}

function kept(memory: readonly MemorySample[]): string {
  if (memory.length === 0) return ''
  const samples = memory.map(({ bytes }) => (bytes / 1e6).toFixed(1)).join(', ')
  return `; kept when all was deleted: ${samples} MB, ${bytesPerRequest(memory)} bytes a request in the second half`
}

/** What a run came to. */
export function reportText(report: FuzzReport): string {
  const codes = [...report.codes].sort(([left], [right]) => left - right).map(([code, count]) => `${code}: ${count}`)
  return [
    `answers   ${codes.join(', ')}`,
    `requests  ${report.sent} in ${report.seconds.toFixed(1)} s`,
    `memory    ${megabytes(report.vitals.residentBytes)} resident${kept(report.memory)}`,
    `loop      delayed by ${Math.round(report.worstLoopDelayMs)} ms at most`,
    ...report.slowest.map(
      ({ milliseconds, request: { number, method, path } }) =>
        `slow      ${Math.round(milliseconds)} ms: ${number} ${method} ${path.slice(0, 160)}`,
    ),
    `faults    ${report.faults.length}`,
  ].join('\n')
}

/** A fault, with the request that showed it as far as it fits on a screen. */
export function faultText({ number, what, request }: Fault): string {
  if (!request) return number === undefined ? what : `${number}: ${what}`
  const { method, path, headers, body, way } = request
  const sent = body ? `\n  ${body.toString('utf8', 0, 600)}` : ''
  return `${number}: ${what}\n  ${way} ${method} ${path}\n  ${JSON.stringify(headers)}${sent}`
}
