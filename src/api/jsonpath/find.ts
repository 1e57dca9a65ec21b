import type { Comparison, Operand, Step } from './parse.ts'

/** A path that cannot be followed: an index into what is no list, or beyond its end; a comparison of unlike things. */
export class JsonPathMismatch extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JsonPathMismatch'
  }
}

/**
 * The values that a path finds within a JSON value, in order; missing fields find nothing. Throws JsonPathMismatch where
 * client-go's JSONPath fails with AllowMissingKeys.
 */
export function findByJsonPath(steps: readonly Step[], root: unknown): unknown[] {
  let found: unknown[] = [root]
  for (const step of steps) {
    const next: unknown[] = []
    for (const value of found) follow(step, value, next)
    found = next
  }
  return found
}

function follow(step: Step, value: unknown, into: unknown[]): void {
  switch (step.kind) {
    case 'field':
      if (isMap(value) && Object.hasOwn(value, step.name)) into.push(value[step.name])
      return
    case 'wildcard':
      if (typeof value === 'object' && value !== null) into.push(...Object.values(value))
      return
    case 'descend':
      return descend(value, into)
    case 'index':
      return item(step.index, value, into)
    case 'slice':
      return slice(step, value, into)
    case 'union':
      for (const path of step.paths) into.push(...findByJsonPath(path, value))
      return
    case 'filter':
      return filter(step, value, into)
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function descend(value: unknown, into: unknown[]): void {
  if (typeof value !== 'object' || value === null) return
  into.push(value)
  for (const member of Object.values(value)) descend(member, into)
}

/** Null counts as nothing to look into. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === null || value === undefined) return undefined
  if (!Array.isArray(value)) throw new JsonPathMismatch(`${typeof value} is not array or slice`)
  return value
}

function item(index: number, value: unknown, into: unknown[]): void {
  const list = listOf(value)
  if (!list) return
  const at = index < 0 ? index + list.length : index
  if (at < 0 || at >= list.length) {
    throw new JsonPathMismatch(`array index out of bounds: index ${at}, length ${list.length}`)
  }
  into.push(list[at])
}

function slice({ from = 0, to, by = 1 }: Extract<Step, { kind: 'slice' }>, value: unknown, into: unknown[]): void {
  const list = listOf(value)
  if (!list || list.length === 0) return
  if (by <= 0) throw new JsonPathMismatch('step must be > 0')
  const start = from < 0 ? from + list.length : from
  const end = to === undefined ? list.length : to < 0 ? to + list.length : Math.min(to, list.length)
  if (start < 0 || start >= list.length) {
    throw new JsonPathMismatch(`array index out of bounds: index ${start}, length ${list.length}`)
  }
  for (let at = start; at < end; at += by) into.push(list[at])
}

function filter({ left, op, right }: Extract<Step, { kind: 'filter' }>, value: unknown, into: unknown[]): void {
  for (const one of listOf(value) ?? []) {
    const lefts = operandValues(left, one)
    if (lefts.length === 0) continue
    if (!op || !right) {
      into.push(one)
      continue
    }
    const rights = operandValues(right, one)
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathMismatch('can only compare one element at a time')
    if (rights.length === 1 && holds(lefts[0], op, rights[0])) into.push(one)
  }
}

const operandValues = (operand: Operand, value: unknown): unknown[] =>
  operand.kind === 'literal' ? [operand.value] : findByJsonPath(operand.steps, value)

function holds(left: unknown, op: Comparison, right: unknown): boolean {
  if (typeof left !== typeof right) throw new JsonPathMismatch('incompatible types for comparison')
  const [a, b] = [left as string | number, right as string | number]
  switch (op) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}
