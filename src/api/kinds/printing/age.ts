const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** Two units at most, less exact the longer it is: `5s`, `3m20s`, `12m`, `5h30m`, `2d4h`, `3y20d` (apimachinery duration). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  return ms < 3 * HOUR ? shortDuration(ms) : longDuration(ms)
}

function shortDuration(ms: number): string {
  const minutes = Math.trunc(ms / MINUTE)
  if (minutes < 10) return withRest(minutes, 'm', Math.trunc((ms % MINUTE) / SECOND), 's')
  return `${minutes}m`
}

function longDuration(ms: number): string {
  const hours = Math.trunc(ms / HOUR)
  if (hours < 8) return withRest(hours, 'h', Math.trunc((ms % HOUR) / MINUTE), 'm')
  if (hours < 48) return `${hours}h`
  if (hours < 24 * 8) return withRest(Math.trunc(hours / 24), 'd', hours % 24, 'h')
  if (ms < 2 * YEAR) return `${Math.trunc(hours / 24)}d`
  const years = Math.trunc(ms / YEAR)
  return ms < 8 * YEAR ? withRest(years, 'y', Math.trunc((ms % YEAR) / DAY), 'd') : `${years}y`
}

const withRest = (whole: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`

/** How long ago an RFC 3339 time was, `<unknown>` when it is not set. */
export function ageOf(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - Date.parse(time)) : '<unknown>'
}
