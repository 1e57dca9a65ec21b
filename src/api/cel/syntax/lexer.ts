import type { SourceError } from './source-error.ts'

export type TokenKind = 'ident' | 'escaped' | 'int' | 'uint' | 'float' | 'string' | 'bytes' | 'symbol' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly offset: number
}

const SPACE = /(?:[\t \r\n\f]+|\/\/[^\n]*)+/y
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?\x60]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7][0-7])`
const STRING = [
  String.raw`[rR]"""[\s\S]*?"""`,
  String.raw`[rR]'''[\s\S]*?'''`,
  String.raw`"""(?:${ESCAPE}|[^\\])*?"""`,
  String.raw`'''(?:${ESCAPE}|[^\\])*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  String.raw`"(?:${ESCAPE}|[^\\"\n\r])*"`,
  String.raw`'(?:${ESCAPE}|[^\\'\n\r])*'`,
].join('|')
const TOKENS = new RegExp(
  [
    String.raw`(?<bytes>[bB](?:${STRING}))`,
    `(?<string>${STRING})`,
    String.raw`(?<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)`,
    String.raw`(?<uint>0x[0-9a-fA-F]+[uU]|\d+[uU])`,
    String.raw`(?<int>0x[0-9a-fA-F]+|\d+)`,
    String.raw`(?<ident>[A-Za-z_]\w*)`,
    '(?<escaped>`[A-Za-z0-9_./ -]+`)',
    String.raw`(?<symbol>==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%])`,
  ].join('|'),
  'y',
)

/** The tokens of an expression, with an end token last. What is no token is reported and left out. */
export function tokenize(source: string, errors: SourceError[]): readonly Token[] {
  const tokens: Token[] = []
  let offset = 0
  while (offset < source.length) {
    SPACE.lastIndex = offset
    const space = SPACE.exec(source)
    if (space) {
      offset += space[0].length
      continue
    }
    TOKENS.lastIndex = offset
    const match = TOKENS.exec(source)
    if (match === null) {
      const text = unrecognized(source, offset)
      errors.push({ offset, message: `Syntax error: token recognition error at: '${shown(text)}'` })
      offset += text.length
      continue
    }
    tokens.push({ kind: kindOf(match.groups ?? {}), text: match[0], offset })
    offset += match[0].length
  }
  tokens.push({ kind: 'end', text: '<EOF>', offset: source.length })
  return tokens
}

const kindOf = (groups: Record<string, string | undefined>): TokenKind =>
  Object.keys(groups).find((name) => groups[name] !== undefined) as TokenKind

/** What the generated lexer gives up on: the longest beginning of a token and the character that broke it. */
function unrecognized(source: string, offset: number): string {
  const quote = /^[rRbB]{0,2}(["'])/.exec(source.slice(offset, offset + 3))
  if (quote) return brokenString(source.slice(offset), quote[0].length, quote[1] as string)
  const pair = /^(?:\||&|=)/.test(source.slice(offset)) ? 1 : 0
  const first = String.fromCodePoint(source.codePointAt(offset) ?? 0)
  return first + (pair === 1 ? source.slice(offset + 1, offset + 2) : '')
}

function brokenString(rest: string, prefix: number, quote: string): string {
  const body = new RegExp(String.raw`(?:${ESCAPE}|[^\\${quote}\n\r])*`, 'y')
  body.lastIndex = prefix
  const end = prefix + (body.exec(rest)?.[0].length ?? 0)
  const broken = rest[end] === '\\' ? 2 : 0
  return rest.slice(0, Math.min(end + broken, rest.length))
}

const shown = (text: string): string => text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
