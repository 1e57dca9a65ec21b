export type TokenKind =
  | 'identifier'
  | 'end'
  | 'error'
  | ')'
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | 'in'
  | '<'
  | '!='
  | 'notin'
  | '('

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const SYMBOLS = new Set<string>([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const IS_SYMBOL = /[=!(),><]/
const IS_SPACE = /[ \t\r\n]/

/** Splits a label selector into tokens, the last of kind `end`. Upstream counterpart: labels.Lexer. */
export function labelTokens(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at] as string
    if (IS_SPACE.test(char)) {
      at++
      continue
    }
    const token = IS_SYMBOL.test(char) ? symbolAt(text, at) : wordAt(text, at)
    tokens.push(token.token)
    at = token.next
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** The longest symbol that begins here; further symbol characters begin the next token. */
function symbolAt(text: string, start: number): { token: Token; next: number } {
  for (const length of [2, 1]) {
    const symbol = text.slice(start, start + length)
    if (symbol.length === length && SYMBOLS.has(symbol)) {
      return { token: { kind: symbol as TokenKind, text: symbol }, next: start + length }
    }
  }
  return { token: { kind: 'error', text: `error expected: keyword found '${text.slice(start)}'` }, next: text.length }
}

function wordAt(text: string, start: number): { token: Token; next: number } {
  let next = start
  while (next < text.length && !IS_SYMBOL.test(text[next] as string) && !IS_SPACE.test(text[next] as string)) next++
  const word = text.slice(start, next)
  return { token: { kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word }, next }
}
