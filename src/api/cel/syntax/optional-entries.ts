/** A token, or space, or a comment: nothing of it can look like something else. */
const PIECE =
  /\/\/[^\n]*|[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')|[bB]?(?:"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^\\"\n])*"|'(?:\\.|[^\\'\n])*')|\w+|\s+|[\s\S]/g

/** A source without what the library cannot read, at the same offsets. */
export interface Readable {
  readonly source: string
  /** Where the entries of lists and maps begin that are optional. */
  readonly optional: ReadonlySet<number>
}

/**
 * Blanks the sign of optional entries, `[?a, ?b]` and `{?a: b}`, and the dot that makes a name absolute, `.a`: the library has
 * neither.
 */
export function withoutOptionalEntries(source: string): Readable {
  if (!/[[{,]\s*\?|(?:^|[^\w\s)\]}"'])\s*\./.test(source)) return { source, optional: new Set() }
  const optional = new Set<number>()
  let readable = ''
  let before = ''
  let isMarked = false
  for (const [piece] of source.matchAll(PIECE)) {
    const isGap = /^(?:\s|\/\/)/.test(piece)
    if (!isGap && isMarked && piece !== '(') {
      optional.add(readable.length)
      isMarked = false
    }
    const isSign = piece === '?' && /^(?:,|\{|list)$/.test(before)
    if (isSign) isMarked = true
    readable += isSign || (piece === '.' && !isOperandEnd(before)) ? ' ' : piece
    if (!isGap) before = piece === '[' && !isOperandEnd(before) ? 'list' : piece
  }
  return { source: readable, optional }
}

const isOperandEnd = (piece: string): boolean => piece !== 'list' && piece !== 'in' && /[\w)\]}"']$/.test(piece)
