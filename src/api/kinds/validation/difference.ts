import { semanticEqual } from './equality.ts'

/**
 * What changed between two values, one line a field, old before new, as the end of the message that refuses an update:
 *
 *       hostNetwork:
 *     -   false
 *     +   true
 *
 * Upstream prints Go's `cmp.Diff` here, whose form is deliberately unstable; nobody may parse it.
 */
export function describeDifference(before: unknown, after: unknown): string {
  const lines: string[] = []
  walk('', before, after, lines)
  return lines.join('\n')
}

function walk(path: string, before: unknown, after: unknown, lines: string[]): void {
  if (semanticEqual(before, after)) return
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const steps = new Set([...Object.keys(before), ...Object.keys(after)])
    for (const step of steps) walk(pathOf(path, step, before), before[step], after[step], lines)
    return
  }
  lines.push(`  ${path}:`, `-   ${text(before)}`, `+   ${text(after)}`)
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const text = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value))

function pathOf(path: string, step: string, holder: unknown): string {
  if (Array.isArray(holder)) return `${path}[${step}]`
  return path === '' ? step : `${path}.${step}`
}
