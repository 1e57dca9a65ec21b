/** RFC 3339 with the zone's offset at that time, `Z` when there is none; UTC unless a zone is given. Time in ms. */
export function zonedTime(time: number, timeZone = 'UTC'): string {
  const offset = offsetMinutes(time, timeZone)
  const local = new Date(time + offset * 60_000).toISOString().slice(0, 19)
  if (offset === 0) return `${local}Z`
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const size = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`
}

function offsetMinutes(time: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(time)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? []
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' ? -size : size
}

export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
