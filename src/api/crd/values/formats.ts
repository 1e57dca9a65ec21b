import { isIP, isIPv6 } from 'node:net'
import { parseRequestUri } from '../go-url.ts'

export type FormatCheck = (text: string) => boolean

/** Formats are named with or without dashes: `date-time` is `datetime`. */
const plain = (format: string): string => format.replaceAll('-', '')

const NUMBER_FORMATS: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/**
 * The format of a schema as far as it is checked: '' for one that its type does not have, which then means nothing.
 * Upstream: StripUnsupportedFormatsPostProcess.
 */
export function supportedFormat(types: readonly string[], format: string): string {
  if (format === '') return ''
  const type = types.length === 1 ? (types[0] as string) : 'string'
  const known = type === 'string' ? TEXT_FORMATS.has(plain(format)) : NUMBER_FORMATS[type]?.includes(format)
  return known ? format : ''
}

/** The check of a supported format for texts. */
export const formatCheck = (format: string): FormatCheck | undefined => TEXT_FORMATS.get(plain(format))

const matches =
  (pattern: RegExp): FormatCheck =>
  (text) =>
    pattern.test(text)

const HEX = '[0-9a-f]'
const uuid = (third: string, fourth: string): FormatCheck =>
  matches(new RegExp(`^${HEX}{8}-?${HEX}{4}-?${third}-?${fourth}-?${HEX}{12}$`, 'i'))
const ANY = `${HEX}{4}`
const VARIANT = `[89ab]${HEX}{3}`

const SHORT_NAME = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const MAX_SHORT_NAME = 63
const MAX_LONG_NAME = 253
const shortName = new RegExp(`^${SHORT_NAME}$`)
const longName = new RegExp(`^${SHORT_NAME}(\\.${SHORT_NAME})*$`)

const BYTE = '(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'

/** The formats of CustomResourceDefinitions in v1.36 for strings, each as kube-openapi's strfmt checks it. */
const TEXT_FORMATS: ReadonlyMap<string, FormatCheck> = new Map<string, FormatCheck>([
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['uri', (text) => parseRequestUri(text).error === undefined],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => text.includes('.') && isAddress(text)],
  ['ipv6', (text) => isIPv6(text) && !text.includes('%')],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uuid', uuid(ANY, ANY)],
  ['uuid3', uuid(`3${HEX}{3}`, ANY)],
  ['uuid4', uuid(`4${HEX}{3}`, VARIANT)],
  ['uuid5', uuid(`5${HEX}{3}`, VARIANT)],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', matches(new RegExp(`^rgb\\([ \\t\\n\\f\\r]*${BYTE}\\s*,\\s*${BYTE}\\s*,\\s*${BYTE}\\s*\\)$`))],
  ['byte', matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  [plain('k8s-short-name'), (text) => text.length <= MAX_SHORT_NAME && shortName.test(text)],
  [plain('k8s-long-name'), (text) => text.length <= MAX_LONG_NAME && longName.test(text)],
])

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u{80}-\\u{10ffff}]+"
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`
const QUOTED = '"(?:[^"\\\\\\r\\n]|\\\\.)*"'
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|\\[[^\\[\\]\\\\\\s]*\\])`
const WORD = `(?:[A-Za-z0-9!#$%&'*+\\-/=?^_\`{|}~.\\u{80}-\\u{10ffff}]+|${QUOTED})`
const email = new RegExp(
  `^[ \\t]*(?:${ADDRESS}|(?:${WORD}(?:[ \\t]+${WORD})*)?[ \\t]*<[ \\t]*${ADDRESS}[ \\t]*>)[ \\t]*$`,
  'u',
)

/** What Go's mail.ParseAddress reads: `a@b`, or a name before `<a@b>`. */
function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL && email.test(text)
}

/** Far more than any mail system takes; it keeps the pattern's effort small. */
const MAX_EMAIL = 1024

const LETTER = 'a-zA-Z0-9\\p{S}\\p{L}'
const hostname = new RegExp(
  `^([${LETTER}]((-?[${LETTER}]{0,62})?)|([${LETTER}](([${LETTER}-]{0,61}[${LETTER}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`,
  'u',
)
const MAX_HOSTNAME = 255
const MAX_LABEL = 63

function isHostname(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_HOSTNAME || !hostname.test(text)) return false
  return text.split('.').every((label) => Buffer.byteLength(label) <= MAX_LABEL)
}

/** Upstream's ParseIPSloppy: leading zeros in the numbers of IPv4 are let through. */
function isAddress(text: string): boolean {
  return !text.includes('%') && isIP(withoutLeadingZeros(text)) !== 0
}

const withoutLeadingZeros = (text: string): string =>
  text.replace(/(?<=^|[.:])0+(?=\d+(\.|$))/g, (zeros, _after, at: number) => (isInIPv4(text, at) ? '' : zeros))

const isInIPv4 = (text: string, at: number): boolean => text.includes('.') && text.lastIndexOf(':') < at

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !isAddress(address) || !/^\d{1,3}$/.test(bits)) return false
  return Number(bits) <= (address.includes(':') ? 128 : 32)
}

const OCTET = '[0-9a-fA-F]{2}'
const mac = new RegExp(
  `^${OCTET}(?:(?::${OCTET}){5}|(?::${OCTET}){7}|(?::${OCTET}){19}|(?:-${OCTET}){5}|(?:-${OCTET}){7}|(?:-${OCTET}){19})$`,
)
const dottedMac = /^[0-9a-fA-F]{4}(?:(?:\.[0-9a-fA-F]{4}){2}|(?:\.[0-9a-fA-F]{4}){3}|(?:\.[0-9a-fA-F]{4}){9})$/

function isMac(text: string): boolean {
  return mac.test(text) || dottedMac.test(text)
}

const digitAt = (text: string, index: number): number => text.charCodeAt(index) - 48

const withoutDashes = (text: string): string => text.replace(/[\t\n\f\r -]+/g, '')

function isIsbn10(text: string): boolean {
  const digits = withoutDashes(text)
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false
  let sum = 10 * (digits[9] === 'X' ? 10 : digitAt(digits, 9))
  for (let index = 0; index < 9; index++) sum += (index + 1) * digitAt(digits, index)
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = withoutDashes(text)
  if (!/^[0-9]{13}$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < 13; index++) sum += (index % 2 === 0 ? 1 : 3) * digitAt(digits, index)
  return sum % 10 === 0
}

const creditCard =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/

/** A number of a known issuer whose Luhn sum is right; other characters between the digits do not count. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!creditCard.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digitAt(digits, digits.length - 1 - index)
    const weighted = index % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}

const date = /^(\d{4})-(\d{2})-(\d{2})$/

function isDate(text: string): boolean {
  const [, year, month, day] = date.exec(text) ?? []
  if (year === undefined) return false
  const [m, d] = [Number(month), Number(day)]
  return m >= 1 && m <= 12 && d >= 1 && d <= daysOf(Number(year), m)
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const time = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/

function isDateTime(text: string): boolean {
  const [day = '', clock] = text.toLowerCase().split('t')
  if (clock === undefined || !isDate(day)) return false
  const [, hours = '', minutes = '', seconds = ''] = time.exec(clock) ?? []
  return hours !== '' && hours <= '23' && minutes <= '59' && seconds <= '59'
}

/** Go's time.ParseDuration: `1h30m`, `-1.5s`, `0`. */
const goDuration = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const spoken = /(\d+)\s*([A-Za-zµ]+)/g
/** Units as Scala's durations have them; the last name of a unit also counts as the beginning of a longer one. */
const UNITS: readonly (readonly string[])[] = [
  ['ns', 'nano'],
  ['us', 'µs', 'micro'],
  ['ms', 'milli'],
  ['s', 'sec'],
  ['m', 'min'],
  ['h', 'hr', 'hour'],
  ['d', 'day'],
  ['w', 'wk', 'week'],
]

function isDuration(text: string): boolean {
  if (goDuration.test(text)) return true
  return [...text.matchAll(spoken)].some(([, , unit = '']) => isUnit(unit.toLowerCase()))
}

const isUnit = (unit: string): boolean =>
  UNITS.some((names) => names.includes(unit) || unit.startsWith(names.at(-1) as string))
