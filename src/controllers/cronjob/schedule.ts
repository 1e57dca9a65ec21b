const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
const HIGHEST = [59, 23, 31, 12, 6]

/** When a line is due. Times in ms since the epoch. */
export interface Schedule {
  /** The first time after this one; undefined when there is none. */
  next(time: number): number | undefined
}

/**
 * A CronJob's line with the meaning of robfig/cron: five fields, descriptors, `@every`, an optional `TZ=` before them.
 * Throws when it cannot be read. Without a time zone it is UTC.
 */
export async function parseSchedule(line: string, timeZone?: string): Promise<Schedule> {
  const [, zone, rest = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(line.trim()) ?? []
  if (rest.startsWith('@every ')) return every(durationMs(rest.slice('@every '.length)))
  const { Cron } = await import('croner')
  const cron = new Cron(plain(DESCRIPTORS[rest] ?? rest), { timezone: timeZone ?? zone ?? 'UTC', mode: '5-part' })
  return { next: (time) => cron.nextRun(new Date(time))?.getTime() }
}

/** Whole seconds, at least one. */
function every(durationMs: number): Schedule {
  const step = Math.max(1000, Math.floor(durationMs / 1000) * 1000)
  return { next: (time) => Math.floor(time / 1000) * 1000 + step }
}

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ms|h|m|s)/g)]
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNIT_MS[unit] ?? 0), 0)
}

/** The line in the form that croner shares: `?` and a step of 1 are `*`, `N/step` has its end written out. */
function plain(line: string): string {
  return line
    .split(/\s+/)
    .map((field, index) =>
      field
        .replaceAll('?', '*')
        .replace(/^\*\/1$/, '*')
        .replace(/(^|,)(\d+)\//g, `$1$2-${HIGHEST[index]}/`),
    )
    .join(' ')
}
