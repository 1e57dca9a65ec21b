import { DecodeError } from './decode-error.ts'

/** The parts of Go's layouts for RFC 3339, as its parser walks and names them. */
const LAYOUT: readonly (readonly [layout: string, pattern: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d/],
]
const ZONE = 'Z07:00'
const SECONDS_LAYOUT = '2006-01-02T15:04:05Z07:00'
const MICROS_LAYOUT = '2006-01-02T15:04:05.000000Z07:00'

/** A day that exists in every year: 29 February is looked at more closely. */
const PLAIN_DAY =
  '\\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)'
const PLAIN_SECOND = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d'
const PLAIN_TIME = new RegExp(`^${PLAIN_DAY}T${PLAIN_SECOND}Z$`)
const PLAIN_MICRO_TIME = new RegExp(`^${PLAIN_DAY}T${PLAIN_SECOND}\\.\\d{6}Z$`)

/** A metav1.Time as it is stored: UTC, whole seconds. Throws DecodeError with Go's words. */
export function canonicalTime(text: string): string {
  if (PLAIN_TIME.test(text)) return text
  const { ms } = parseRfc3339(text, SECONDS_LAYOUT)
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** A metav1.MicroTime as it is stored: UTC, six digits of fraction, which the input must have too. */
export function canonicalMicroTime(text: string): string {
  if (PLAIN_MICRO_TIME.test(text)) return text
  const { ms, fraction } = parseRfc3339(text, MICROS_LAYOUT)
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`
}

/** `ms` is exact to the second; `fraction` holds the digits after the point. */
function parseRfc3339(text: string, layout: string): { ms: number; fraction: string } {
  let rest = text
  const refuse = (element: string): never => {
    throw new DecodeError(`parsing time ${quoted(text)} as "${layout}": cannot parse ${quoted(rest)} as "${element}"`)
  }
  const parts: number[] = []
  for (const [element, pattern] of LAYOUT) {
    const [match = refuse(element)] = pattern.exec(rest) ?? []
    if (match.length > 1) parts.push(Number(match))
    rest = rest.slice(match.length)
  }
  const [point = '', fraction = ''] = /^[.,](\d+)/.exec(rest) ?? []
  if (layout === MICROS_LAYOUT && fraction.length !== 6) refuse('.000000')
  rest = rest.slice(point.length)
  const [zone = refuse(ZONE)] = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest) ?? []
  if (rest !== zone) {
    throw new DecodeError(`parsing time ${quoted(text)}: extra text: ${quoted(rest.slice(zone.length))}`)
  }
  checkRanges(text, parts)
  return { ms: Date.parse(`${text.slice(0, 19)}${zone}`), fraction }
}

function checkRanges(text: string, [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: number[]): void {
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const wrong =
    month < 1 || month > 12
      ? 'month'
      : hour > 23
        ? 'hour'
        : minute > 59
          ? 'minute'
          : second > 59
            ? 'second'
            : day < 1 || day > lastDay
              ? 'day'
              : undefined
  if (wrong) throw new DecodeError(`parsing time ${quoted(text)}: ${wrong} out of range`)
}

const quoted = (text: string): string => JSON.stringify(text)
