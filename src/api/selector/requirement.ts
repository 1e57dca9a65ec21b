import { labelValueErrors, qualifiedNameErrors } from '../meta/names.ts'
import type { StatusError } from '../status-error.ts'

export type Labels = Readonly<Record<string, string>>

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted, without repetition. */
  readonly values: readonly string[]
}

const INTEGER = /^[+-]?\d{1,19}$/

/** A requirement whose key and values are labels; `refuse` makes the error from upstream's text. */
export function checkedRequirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
  refuse: (why: string) => StatusError,
): LabelRequirement {
  const sorted = values.length > 1 ? [...new Set(values)].sort() : values
  const problems = [...keyProblems(key), ...operatorProblems(operator, sorted), ...valueProblems(key, sorted)]
  if (problems.length > 0) throw refuse(problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`)
  return { key, operator, values: sorted }
}

function keyProblems(key: string): string[] {
  const texts = qualifiedNameErrors(key)
  return texts.length === 0 ? [] : [`key: Invalid value: ${JSON.stringify(key)}: ${texts.join('; ')}`]
}

function valueProblems(key: string, values: readonly string[]): string[] {
  return values.flatMap((value, index) => {
    const texts = labelValueErrors(value)
    return texts.length === 0
      ? []
      : [`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${texts.join('; ')}`]
  })
}

function operatorProblems(operator: LabelOperator, values: readonly string[]): string[] {
  const listed = JSON.stringify(values)
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length > 0) return []
      return [`values: Invalid value: ${listed}: for 'in', 'notin' operators, values set can't be empty`]
    case 'exists':
    case '!':
      if (values.length === 0) return []
      return [`values: Invalid value: ${listed}: values set must be empty for exists and does not exist`]
    case 'gt':
    case 'lt':
      return values
        .map((value, index) => ({ value, index }))
        .filter(({ value }) => !INTEGER.test(value))
        .map(
          ({ value, index }) =>
            `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        )
    default:
      return []
  }
}

/** Whether labels satisfy the requirement; `!=` and `notin` also hold for an absent label. */
export function satisfies({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
      return value === values[0]
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
      return compares(value, values[0], (left, right) => left > right)
    case 'lt':
      return compares(value, values[0], (left, right) => left < right)
  }
}

function compares(
  value: string | undefined,
  bound: string | undefined,
  holds: (left: bigint, right: bigint) => boolean,
): boolean {
  return value !== undefined && bound !== undefined && INTEGER.test(value) && holds(BigInt(value), BigInt(bound))
}

const BETWEEN: Partial<Record<LabelOperator, string>> = { '=': '=', '==': '==', '!=': '!=', gt: '>', lt: '<' }

/** `a=b`, `a in (b,c)`, `!a`. */
export function requirementText({ key, operator, values }: LabelRequirement): string {
  if (operator === 'exists') return key
  if (operator === '!') return `!${key}`
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`
  return `${key}${BETWEEN[operator]}${values[0]}`
}
