const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go writes it: `1h30m`, `1.5s`, `0`. Throws an Error in time.ParseDuration's words. */
export function parseGoDuration(text: string): number {
  const [, sign, body = ''] = /^([-+]?)(.*)$/s.exec(text) as RegExpExecArray
  if (body === '0') return 0
  const parts = [...body.matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/g)]
  const read = parts.map(([part]) => part).join('')
  if (parts.length === 0 || read !== body) throw new Error(`time: invalid duration ${JSON.stringify(text)}`)
  let ms = 0
  for (const [, number, unit = ''] of parts) {
    if (unit === '') throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`)
    const factor = UNIT_MS[unit]
    if (factor === undefined) {
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
    }
    ms += Number(number) * factor
  }
  return sign === '-' ? -ms : ms
}
