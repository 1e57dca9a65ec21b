/** One thing that has to be well; undefined means it is, else why not. Not shown to clients, only logged. */
export interface HealthCheck {
  readonly name: string
  check(): string | undefined
}

export interface HealthAnswer {
  readonly code: number
  readonly text: string
}

/**
 * Answers /healthz, /livez and /readyz: `ok`, or a line for each check with `verbose` or when one fails; `/livez/ping` asks
 * for a single check, `exclude` leaves checks out. Undefined for checks that do not exist.
 */
export function healthAnswer(
  endpoint: string,
  checks: readonly HealthCheck[],
  { only, exclude, verbose }: { only?: string; exclude: readonly string[]; verbose: boolean },
): HealthAnswer | undefined {
  if (only !== undefined) return single(checks, only)
  const lines: string[] = []
  let isWell = true
  for (const { name, check } of checks) {
    if (exclude.includes(name)) {
      lines.push(`[+]${name} excluded: ok`)
    } else if (check() === undefined) {
      lines.push(`[+]${name} ok`)
    } else {
      isWell = false
      lines.push(`[-]${name} failed: reason withheld`)
    }
  }
  if (!isWell) return { code: 500, text: `${lines.join('\n')}\n${endpoint} check failed\n` }
  return { code: 200, text: verbose ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok' }
}

function single(checks: readonly HealthCheck[], name: string): HealthAnswer | undefined {
  const found = checks.find((check) => check.name === name)
  if (!found) return undefined
  return found.check() === undefined
    ? { code: 200, text: 'ok' }
    : { code: 500, text: 'internal server error: reason withheld\n' }
}
