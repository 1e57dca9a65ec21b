import { Duration } from '../../cel/values/duration.ts'

const SPOKEN = /(\d+)\s*([A-Za-zµ]+)/g
/** Units as Scala's durations have them, with their nanoseconds; the last name may go on, as in `minutes`. */
const UNITS: readonly (readonly [nanos: bigint, ...names: string[]])[] = [
  [1n, 'ns', 'nano'],
  [1000n, 'us', 'µs', 'micro'],
  [1_000_000n, 'ms', 'milli'],
  [1_000_000_000n, 's', 'sec'],
  [60_000_000_000n, 'm', 'min'],
  [3_600_000_000_000n, 'h', 'hr', 'hour'],
  [86_400_000_000_000n, 'd', 'day'],
  [604_800_000_000_000n, 'w', 'wk', 'week'],
]

/** `1 day 2 hours`, which the format `duration` allows beside Go's notation; undefined for what is none. */
export function formatDuration(text: string): Duration | undefined {
  let nanos: bigint | undefined
  for (const [, count = '', name = ''] of text.matchAll(SPOKEN)) {
    const unit = unitOf(name.toLowerCase())
    if (unit !== undefined) nanos = (nanos ?? 0n) + BigInt(count) * unit
  }
  return nanos === undefined ? undefined : new Duration(nanos)
}

function unitOf(name: string): bigint | undefined {
  for (const [nanos, ...names] of UNITS) {
    if (names.includes(name) || name.startsWith(names.at(-1) as string)) return nanos
  }
  return undefined
}
