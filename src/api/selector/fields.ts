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

/** What a kind can be selected by, and how it says so. */
export interface SelectableFields {
  /** Beside metadata.name. */
  readonly fields: readonly string[]
  /** Some kinds without namespaces do not take metadata.namespace. */
  readonly namespace: boolean
  /** The refusal of a field, where it is not in the usual words. */
  readonly refusal?: ((field: string) => string) | undefined
}

/** 400 unless each field of the selector can be selected by. Kinds without fields of their own say which there are. */
export function checkFieldLabels(
  { requirements }: FieldSelector,
  { fields, namespace, refusal }: SelectableFields,
): void {
  const isKnown = (field: string) =>
    field === 'metadata.name' || (namespace && field === 'metadata.namespace') || fields.includes(field)
  const unknown = requirements.find(({ field }) => !isKnown(field))?.field
  if (unknown === undefined) return
  if (refusal) throw badRequest(refusal(unknown))
  if (fields.length > 0) throw badRequest(`field label not supported: ${unknown}`)
  throw badRequest(`"${unknown}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
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
