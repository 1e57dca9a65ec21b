/** One thing wrong with an expression, and where: an offset in UTF-16 units from its beginning. */
export interface SourceError {
  readonly offset: number
  readonly message: string
}

const MAX_ERRORS = 100

/** All errors as cel-go displays them, in the order of the source: each with its line and a mark below it. */
export function displayErrors(source: string, errors: readonly SourceError[]): string {
  const shown = errors.slice(0, MAX_ERRORS).sort((a, b) => a.offset - b.offset)
  return shown.map((error) => displayError(source, error)).join('\n')
}

function displayError(source: string, { offset, message }: SourceError): string {
  const before = source.slice(0, offset).split('\n')
  const line = before.length
  const lead = [...(before.at(-1) ?? '')]
  const end = source.indexOf('\n', offset)
  const text = (lead.join('') + source.slice(offset, end < 0 ? undefined : end)).replaceAll('\t', ' ')
  const at = [...text][lead.length]
  const mark = at !== undefined && isWide(at) ? '\uff3e' : '^'
  const dots = lead.map((char) => (isWide(char) ? '\uff0e' : '.')).join('')
  return `ERROR: <input>:${line}:${lead.length + 1}: ${message}\n | ${text}\n | ${dots}${mark}`
}

const isWide = (char: string): boolean => (char.codePointAt(0) ?? 0) > 0x7f
