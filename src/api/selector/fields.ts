import { badRequest } from '../status-error.ts'

export interface FieldRequirement {
  readonly field: string
  readonly op: '=' | '!='
  readonly value: string
}

/** A parsed field selector: all requirements have to hold. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  /** Selects everything. */
  readonly empty: boolean
  /** `get` gives a field's value, the empty string where it is unset. */
  matches(get: (field: string) => string): boolean
}

/** Parses `metadata.name=a,status.phase!=Running`; values may escape `\`, `,` and `=`. Throws 400. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = splitTerms(text).filter((term) => term !== '')
  const requirements = terms.sort().map((term) => requirementOf(term, text))
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (get) => requirements.every(({ field, op, value }) => (get(field) === value) === (op === '=')),
  }
}

const EVERY_KIND = ['metadata.name', 'metadata.namespace']

/**
 * 400 unless each field of the selector is supported: a kind's own `selectableFields`, metadata.name and
 * metadata.namespace. Kinds without fields of their own answer in other words, as upstream.
 */
export function checkFieldLabels({ requirements }: FieldSelector, kindFields: readonly string[]): void {
  const unknown = requirements.find(({ field }) => !EVERY_KIND.includes(field) && !kindFields.includes(field))
  if (!unknown) return
  if (kindFields.length > 0) throw badRequest(`field label not supported: ${unknown.field}`)
  throw badRequest(`"${unknown.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

/** Splits at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? []
}

function requirementOf(term: string, whole: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
  if (!match) throw badRequest(`invalid selector: '${whole}'; can't understand '${term}'`)
  const [, field = '', operator, value = ''] = match
  return { field, op: operator === '!=' ? '!=' : '=', value: unescaped(value) }
}

function unescaped(value: string): string {
  if (!/[\\,=]/.test(value)) return value
  let result = ''
  const characters = [...value]
  for (let index = 0; index < characters.length; index++) {
    const char = characters[index] as string
    if (char === '\\') result += escaped(characters[++index])
    else if (char === '=')
      throw badRequest(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`)
    else result += char
  }
  return result
}

function escaped(char: string | undefined): string {
  if (char === '\\' || char === ',' || char === '=') return char
  throw badRequest(`invalid field selector: invalid escape sequence: \\${char ?? ''}`)
}
