import { additionalOf, propertyOf, type Schema } from './schema.ts'

/** A path of fields that a schema has, as errors write it, and the schema at its end. */
export interface FoundField {
  readonly path: string
  /** The first step. */
  readonly root: string
  readonly schema: Schema
}

export interface FieldPathProblem {
  /** Upstream's words. */
  readonly error: string
}

/** `.`, `[`, `]`, or the text between them, of which quoted text is one piece. */
const TOKEN = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs

/**
 * Follows a path of fields and map keys as `.spec.replicas` or `.spec['a.b']` through a structural schema. Upstream:
 * cel.ValidFieldPath, which is behind fieldPath of validation rules and the paths of selectable fields.
 */
export function findField(
  text: string,
  schema: Schema,
  { allowBrackets = true }: { allowBrackets?: boolean } = {},
): FoundField | FieldPathProblem {
  const tokens = text.match(TOKEN) ?? []
  let found: FoundField = { path: '', root: '', schema }
  for (let index = 0; index < tokens.length; index++) {
    const opening = tokens[index] as string
    if (opening === '[' && !allowBrackets) return { error: 'array notation is not allowed' }
    if (opening !== '.' && opening !== '[') return { error: `expected [ or . but got: ${opening}` }
    const name = opening === '.' ? tokens[++index] : undefined
    const quoted = opening === '[' ? tokens[++index] : undefined
    if (name === undefined && quoted === undefined) return { error: 'unexpected end of JSON path' }
    const step = name ?? unquoted(quoted as string)
    if (typeof step !== 'string') return step
    const next = member(found, step)
    if ('error' in next) return next
    found = next
    if (opening === '[' && tokens[++index] !== ']') return missingBracket(tokens[index])
  }
  return found
}

const missingBracket = (token: string | undefined): FieldPathProblem => ({
  error: token === undefined ? 'unexpected end of JSON path' : `expected ] but got ${token}`,
})

function member({ path, root, schema }: FoundField, name: string): FoundField | FieldPathProblem {
  const isStruct = Object.keys(schema.properties ?? {}).length > 0
  const next = isStruct ? propertyOf(schema, name) : additionalOf(schema)
  if (!next) return { error: 'does not refer to a valid field' }
  const step = isStruct ? `${path === '' ? '' : '.'}${name}` : `[${name}]`
  return { path: path + step, root: path === '' ? step : root, schema: next }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function unquoted(token: string): string | FieldPathProblem {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    return { error: `expected single quoted string but got ${token}` }
  }
  const inner = token.slice(1, -1)
  const bad = [...inner.matchAll(/\\(.)/gs)].find(([, char = '']) => !Object.hasOwn(ESCAPES, char))
  if (bad) return { error: `invalid string literal: invalid escape char ${bad[0]}` }
  return inner.replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] as string)
}
