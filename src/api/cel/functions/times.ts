import type { Duration } from '../values/duration.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import type { Timestamp } from '../values/timestamp.ts'
import { type Overload, overload } from './overload.ts'

const startOfYear = (date: Date): number => Date.UTC(date.getUTCFullYear(), 0, 1)

/** Months and days count from zero, except `getDate`'s. */
const FIELDS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) => Math.floor((date.getTime() - startOfYear(date)) / 86_400_000),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}

/** A duration in whole units, by how many nanoseconds one has. */
const UNITS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
}

/** The fields of moments, in UTC or in another zone, and of durations. */
export const times: readonly Overload[] = [
  ...Object.entries(FIELDS).flatMap(([name, field]) => [
    overload(`timestamp.${name}() -> int`, (time: Timestamp) => BigInt(field(time.calendar(0)))),
    overload(`timestamp.${name}(string) -> int`, (time: Timestamp, zone: string) =>
      BigInt(field(time.calendar(offsetOf(time, zone)))),
    ),
  ]),
  ...Object.entries(UNITS).map(([name, nanos]) =>
    overload(`duration.${name}() -> int`, (duration: Duration) => duration.nanos / nanos),
  ),
]

/** Minutes east of UTC, of `-02:30` or of a place. */
function offsetOf(time: Timestamp, zone: string): number {
  if (!zone.includes(':')) return zone === '' || zone === 'UTC' ? 0 : offsetOfPlace(time, zone)
  const [, hours = '', minutes = ''] = /^([-+]?\d+):([-+]?\d+)$/.exec(zone) ?? []
  if (hours === '')
    throw new EvaluationError(`strconv.Atoi: parsing ${JSON.stringify(badNumber(zone))}: invalid syntax`)
  if (Number(minutes) < 0 || Number(minutes) > 59) {
    throw new EvaluationError(`timezone offset minutes out of range [0, 59]: ${zone}`)
  }
  return Number(hours) * 60 + (zone.startsWith('-') ? -Number(minutes) : Number(minutes))
}

function badNumber(zone: string): string {
  const colon = zone.indexOf(':')
  const hours = zone.slice(0, colon)
  return /^[-+]?\d+$/.test(hours) ? zone.slice(colon + 1) : hours
}

function offsetOfPlace(time: Timestamp, zone: string): number {
  const here = time.calendar(0)
  here.setUTCMilliseconds(0)
  const there = new Date(`${placeFormat(zone).format(here).replace(', ', 'T').replace('T24', 'T00')}Z`)
  return (there.getTime() - here.getTime()) / 60_000
}

function placeFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  } catch (cause) {
    throw new EvaluationError(`unknown time zone ${timeZone}`, { cause })
  }
}
