interface Bounds {
  readonly low: number
  readonly high: number
  readonly names?: Readonly<Record<string, number>>
}

const FIELDS: readonly Bounds[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  {
    low: 1,
    high: 12,
    names: { jan: 1, feb: 2, mar: 3, apr: 4, may: 5, jun: 6, jul: 7, aug: 8, sep: 9, oct: 10, nov: 11, dec: 12 },
  },
  { low: 0, high: 6, names: { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 } },
]

const DESCRIPTORS: ReadonlySet<string> = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
])

const EVERY = '@every '
const DURATION = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/

/**
 * What is wrong with a schedule, in the words of the parser that upstream uses (robfig/cron v3, ParseStandard): five
 * fields or a descriptor (`@daily`, `@every 5m`), after an optional `TZ=` or `CRON_TZ=`. Undefined when it is right.
 */
export function cronLineProblem(line: string): string | undefined {
  if (line === '') return 'empty spec string'
  const zoned = /^(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(line)
  if (!zoned) return scheduleProblem(line)
  const [, zone = '', schedule = ''] = zoned
  if (!isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`
  return scheduleProblem(schedule)
}

function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('@')) return descriptorProblem(schedule)
  const fields = schedule.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== FIELDS.length) {
    return `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`
  }
  for (const [index, field] of fields.entries()) {
    const problem = fieldProblem(field, FIELDS[index] as Bounds)
    if (problem) return problem
  }
  return undefined
}

function descriptorProblem(descriptor: string): string | undefined {
  if (DESCRIPTORS.has(descriptor)) return undefined
  if (!descriptor.startsWith(EVERY)) return `unrecognized descriptor: ${descriptor}`
  const duration = descriptor.slice(EVERY.length)
  if (DURATION.test(duration)) return undefined
  return `failed to parse duration ${descriptor}: time: invalid duration ${JSON.stringify(duration)}`
}

/** A field is a list of ranges: `*`, `5`, `1-5`, each perhaps with a step, `1-59/2`. */
function fieldProblem(field: string, bounds: Bounds): string | undefined {
  for (const range of field.split(',').filter((part) => part !== '')) {
    const problem = rangeProblem(range, bounds)
    if (problem) return problem
  }
  return undefined
}

function rangeProblem(range: string, bounds: Bounds): string | undefined {
  const [span = '', step, ...moreSteps] = range.split('/')
  const [first = '', last, ...moreEnds] = span.split('-')
  let [start, end]: [number | string, number | string] = [bounds.low, bounds.high]
  if (first !== '*' && first !== '?') {
    start = parse(first, bounds)
    if (typeof start === 'string') return start
    if (moreEnds.length > 0) return `too many hyphens: ${range}`
    end = last === undefined ? start : parse(last, bounds)
    if (typeof end === 'string') return end
  }
  if (moreSteps.length > 0) return `too many slashes: ${range}`
  let stride: number | string = 1
  if (step !== undefined) {
    stride = parse(step)
    if (typeof stride === 'string') return stride
    if (last === undefined) end = bounds.high // `N/step` counts on to the end
  }
  return limitsProblem(range, { start, end, stride }, bounds)
}

function limitsProblem(
  range: string,
  { start, end, stride }: { start: number; end: number; stride: number },
  { low, high }: Bounds,
): string | undefined {
  if (start < low) return `beginning of range (${start}) below minimum (${low}): ${range}`
  if (end > high) return `end of range (${end}) above maximum (${high}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  if (stride === 0) return `step of range should be a positive number: ${range}`
  return undefined
}

/** The number, or what is wrong with it. */
function parse(text: string, bounds?: Bounds): number | string {
  const named = bounds?.names?.[text.toLowerCase()]
  if (named !== undefined) return named
  if (!/^[-+]?\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  const number = Number(text)
  return number < 0 ? `negative number (${number}) not allowed: ${text}` : number
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/

/** Is a name one of the IANA time zone database, as CronJobs may use it. */
export function isTimeZone(name: string): boolean {
  for (const part of name.split('/')) {
    if (part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part)) return false
  }
  if (/^[+-]/.test(name)) return false // an offset, which JavaScript takes and the database does not know
  return known(name)
}

function known(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
