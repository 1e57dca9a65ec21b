import { isObject } from '../json-value.ts'

/** A JSON value as Go prints it with `%v`: `map[a:1 b:[x y]]`. Members come in the order of their names. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`
  if (!isObject(value)) return String(value)
  const members = sortedNames(value).map((name) => `${name}:${goPrint(value[name])}`)
  return `map[${members.join(' ')}]`
}

/** The same with `%#v`: `map[string]interface {}{"a":1}`. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return JSON.stringify(value)
  const members = sortedNames(value).map((name) => `${JSON.stringify(name)}:${goSyntax(value[name])}`)
  return `map[string]interface {}{${members.join(', ')}}`
}

/** The same with `%T`, for what Go's decoder makes of JSON. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string'
}

const sortedNames = (object: object): string[] => Object.keys(object).sort()
