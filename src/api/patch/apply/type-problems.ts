import type { Holds, ListMapType, MergeType, ObjectType, SetType } from '../../merge-type.ts'
import { isObject } from '../json-value.ts'
import { ElementError, elementText, fieldElement, itemElement, type PathElement } from './element.ts'
import { goPrint, goSyntax, goTypeName } from './go-print.ts'

/** What of a value its type does not allow, as `.spec.replicas: expected numeric (int or float), got string`. */
export interface TypeProblem {
  readonly path: string
  readonly message: string
}

/**
 * What is wrong with a configuration to be applied, in structured-merge-diff's words: fields that the schema does not
 * have, values of a wrong type, items of lists without key or with that of another. Upstream: TypedValue.Validate.
 */
export function typeProblems(type: MergeType, value: unknown): TypeProblem[] {
  return problemsOf(type, value)
}

/** Several problems in one text, as upstream's ValidationErrors. */
export function problemsText(problems: readonly TypeProblem[]): string {
  const texts = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return texts.length === 1 ? (texts[0] as string) : ['errors:', ...texts.map((text) => `  ${text}`)].join('\n')
}

function problemsOf(type: MergeType, value: unknown): TypeProblem[] {
  if (value === null || type.kind === 'deduced') return []
  switch (type.kind) {
    case 'leaf':
      return type.holds === undefined ? [] : leafProblems(type.holds, value)
    case 'object':
      return memberProblems(type, value)
    case 'set':
    case 'list-map':
      return itemProblems(type, value)
  }
}

function leafProblems(holds: Holds, value: unknown): TypeProblem[] {
  if (typeof holds === 'string') return scalarProblems(holds, value)
  if ('object' in holds) return memberProblems(holds.object, value)
  if (!Array.isArray(value)) return [at('', `expected list, got &{${goPrint(value)}}`)]
  return value.flatMap((item, index) => within(`i:${index}`, problemsOf(holds.list, item)))
}

type Scalar = Extract<Holds, string>

function scalarProblems(holds: Scalar, value: unknown): TypeProblem[] {
  switch (holds) {
    case 'number':
      return typeof value === 'number' ? [] : [at('', `expected numeric (int or float), got ${goTypeName(value)}`)]
    case 'string':
      if (typeof value === 'string') return []
      return [at('', `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [at('', `expected boolean, got &{${goPrint(value)}}`)]
    case 'scalar':
      return typeof value === 'object' ? [at('', `expected any scalar, got &{${goPrint(value)}}`)] : []
  }
}

/** The first name that may not be there ends the search in this object, as upstream. */
function memberProblems(type: ObjectType, value: unknown): TypeProblem[] {
  if (!isObject(value)) return [at('', `expected map, got &{${goPrint(value)}}`)]
  const problems: TypeProblem[] = []
  for (const name in value) {
    if (value[name] === undefined) continue
    const member = type.field(name)
    if (!member) return [...problems, at(`.${name}`, 'field not declared in schema')]
    problems.push(...within(fieldElement(name), problemsOf(member, value[name])))
  }
  return problems
}

function itemProblems(type: SetType | ListMapType, value: unknown): TypeProblem[] {
  if (!Array.isArray(value)) return [at('', `expected list, got &{${goPrint(value)}}`)]
  const problems: TypeProblem[] = []
  const seen = new Set<PathElement>()
  for (const [index, item] of value.entries()) {
    const element = nameOf(type, item, index)
    if (typeof element !== 'string') return [...problems, element]
    if (seen.has(element)) problems.push(at('', `duplicate entries for key ${elementText(element)}`))
    seen.add(element)
    problems.push(...within(element, elementProblems(type, item)))
  }
  return problems
}

function nameOf(type: SetType | ListMapType, item: unknown, index: number): PathElement | TypeProblem {
  try {
    return itemElement(type, item)
  } catch (error) {
    if (error instanceof ElementError) return at('', `element ${index}: ${error.message}`)
    throw error
  }
}

function elementProblems(type: SetType | ListMapType, item: unknown): TypeProblem[] {
  if (type.kind === 'list-map') return problemsOf(type.element, item)
  return type.holds === undefined ? [] : leafProblems(type.holds, item)
}

const at = (path: string, message: string): TypeProblem => ({ path, message })

function within(element: PathElement, problems: readonly TypeProblem[]): TypeProblem[] {
  return problems.map(({ path, message }) => ({ path: elementText(element) + path, message }))
}
