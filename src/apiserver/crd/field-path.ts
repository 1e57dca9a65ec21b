/** What lies at a path of field names, as `scale` and `selectableFields` name it: `.spec.replicas`. */
export type Found =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'absent' }
  /** Something on the way is no object; `error` in the words of apimachinery's unstructured helpers. */
  | { readonly kind: 'blocked'; readonly error: string }

/** The names of a path, without its leading dot. */
export const fieldNames = (path: string): string[] => path.replace(/^\./, '').split('.')

/** Looks up a path within an object. */
export function valueAt(object: unknown, path: string): Found {
  const names = fieldNames(path)
  let value = object
  for (const [index, name] of names.entries()) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const at = names.slice(0, index + 1).join('.')
      return { kind: 'blocked', error: wrongType(`.${at}`, value, 'map[string]interface{}') }
    }
    if (!(name in value)) return { kind: 'absent' }
    value = (value as Record<string, unknown>)[name]
  }
  return { kind: 'value', value }
}

/** `.spec.replicas accessor error: x is of the type string, expected int64`. */
export function wrongType(path: string, value: unknown, expected: string): string {
  return `${path} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${expected}`
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** Go's %v of a JSON value. */
export function goText(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `map[${members.map(([name, member]) => `${name}:${goText(member)}`).join(' ')}]`
}
