import { Duration } from './duration.ts'
import { EvaluationError } from './evaluation-error.ts'

const MIN_SECONDS = -62_135_596_800n
const MAX_SECONDS = 253_402_300_799n
const NANOS = 1_000_000_000n
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-4]):[0-5]\d)$/
const overflow = (): EvaluationError => new EvaluationError('timestamp overflow')

/** A moment, and the offset from UTC that it was written with. */
export class Timestamp {
  /** Since 1970. */
  readonly nanos: bigint
  /** Minutes east of UTC; only `string()` shows it. */
  readonly offset: number

  constructor(nanos: bigint, offset = 0) {
    this.nanos = nanos
    this.offset = offset
  }

  /** Throws EvaluationError outside of the years 1 to 9999. */
  static checked(nanos: bigint, offset = 0): Timestamp {
    const seconds = floorDiv(nanos, NANOS)
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) throw overflow()
    return new Timestamp(nanos, offset)
  }

  /** RFC 3339; undefined for what is none. Throws EvaluationError outside of the years 1 to 9999. */
  static parse(text: string): Timestamp | undefined {
    const match = RFC3339.exec(text)
    if (!match) return undefined
    const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match
    const millis = utcMillis(Number(year), Number(month), Number(day))
    if (millis === undefined) return undefined
    const offset = zone === 'Z' ? 0 : zoneMinutes(zone)
    const seconds = Number(hour) * 3600 + (Number(minute) - offset) * 60 + Number(second)
    const nanos = BigInt(millis / 1000 + seconds) * NANOS + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
    return Timestamp.checked(nanos, offset)
  }

  /** A date without a time, at midnight in UTC. */
  static ofDate(text: string): Timestamp | undefined {
    return /^\d{4}-\d\d-\d\d$/.test(text) ? Timestamp.parse(`${text}T00:00:00Z`) : undefined
  }

  get seconds(): bigint {
    return floorDiv(this.nanos, NANOS)
  }

  plus({ nanos }: Duration): Timestamp {
    return Timestamp.checked(this.nanos + nanos, this.offset)
  }

  minus({ nanos }: Duration): Timestamp {
    return Timestamp.checked(this.nanos - nanos, this.offset)
  }

  since(other: Timestamp): Duration {
    return Duration.checked(this.nanos - other.nanos)
  }

  /** The calendar of a place: its fields are read with the `getUTC…` methods. */
  calendar(offsetMinutes: number): Date {
    return new Date(Number(floorDiv(this.nanos, 1_000_000n)) + offsetMinutes * 60_000)
  }

  /** RFC 3339 with as many digits of the second as there are. */
  toString(): string {
    const date = this.calendar(this.offset)
    const year = String(date.getUTCFullYear()).padStart(4, '0')
    const fraction = String(mod(this.nanos, NANOS)).padStart(9, '0').replace(/0+$/, '')
    const text = `${year}${date.toISOString().slice(-20, -5)}`
    return `${text}${fraction === '' ? '' : `.${fraction}`}${zoneText(this.offset)}`
  }
}

const floorDiv = (value: bigint, by: bigint): bigint => (value - mod(value, by)) / by
const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

function utcMillis(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined
}

function zoneMinutes(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return zone.startsWith('-') ? -minutes : minutes
}

function zoneText(offset: number): string {
  if (offset === 0) return 'Z'
  const size = Math.abs(offset)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
