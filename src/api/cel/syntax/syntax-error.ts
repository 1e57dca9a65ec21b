import type { ParseError } from '@marcbachmann/cel-js'
import type { SourceError } from './source-error.ts'

const OPERAND =
  "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"
const ITEM_OR_END = `'[', ']', ${OPERAND.slice(5).replace("'.', '-', '!'", "'.', ',', '-', '!', '?'")}`
const ARGUMENT_OR_END = OPERAND.replace("'(', '.'", "'(', ')', '.'")

/** One token, as cel-go's lexer cuts them, or a single character of something else. */
const TOKEN =
  /[A-Za-z_]\w*|0x[0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?|[bBrR]{0,2}(?:"(?:\\.|[^\\"\n])*"|'(?:\\.|[^\\'\n])*')|==|!=|<=|>=|&&|\|\||[\s\S]/y
const STARTS_OPERAND = /^[[{(.\-!\w"']/

/**
 * The first thing wrong with a text that is no expression, in the words of cel-go's parser. That one tells of more where it
 * can go on after an error; the library stops at the first.
 */
export function syntaxErrorOf(source: string, error: ParseError): SourceError {
  const offset = error.range?.start ?? 0
  return { offset: offsetOf(source, offset, error.code), message: messageOf(source, offset, error) }
}

/** The lexer cannot go on within these: its errors point to their beginning. */
const offsetOf = (source: string, offset: number, code: string): number =>
  code === 'newline_in_string' ? stringStart(source, offset) : offset

function stringStart(source: string, newline: number): number {
  const before = source.slice(source.lastIndexOf('\n', newline - 1) + 1, newline)
  const open = /(["'])(?:(?!\1).)*$/.exec(before)
  return open ? newline - before.length + open.index : newline
}

function messageOf(source: string, offset: number, { code, summary }: ParseError): string {
  switch (code) {
    case 'reserved_identifier':
      return `reserved identifier: ${tokenAt(source, offset)}`
    case 'invalid_macro_argument':
      return macroMessage(summary)
    case 'limit_exceeded':
      return 'expression recursion limit exceeded: 250'
    case 'invalid_integer':
    case 'invalid_hex_integer':
      return 'invalid int literal'
    case 'invalid_number':
      return 'invalid double literal'
    case 'unexpected_token':
      return unexpected(source, offset, operandsAfter(source, offset))
    case 'expected_token':
      return missing(source, offset, summary)
    case 'unexpected_character':
      return /: '/.test(summary) ? unexpected(source, offset, '<EOF>') : unrecognized(source, offset)
    default:
      return unrecognized(source, offsetOf(source, offset, code))
  }
}

const macroMessage = (summary: string): string =>
  /^(?:map|filter)\(/.test(summary) ? 'argument is not an identifier' : 'argument must be a simple name'

function tokenAt(source: string, offset: number): string {
  if (offset >= source.length) return '<EOF>'
  TOKEN.lastIndex = offset
  return TOKEN.exec(source)?.[0] ?? ''
}

/** What may stand after an opening bracket that nothing follows. */
function operandsAfter(source: string, offset: number): string {
  const before = source.slice(0, offset).trimEnd()
  if (offset < source.length) return `{${OPERAND}}`
  if (before.endsWith('[') && !/[\w\])]\s*\[$/.test(before)) return `{${ITEM_OR_END}}`
  return /\w\s*\($/.test(before) ? `{${ARGUMENT_OR_END}}` : `{${OPERAND}}`
}

/** A token too many where what follows fits, else one that fits nowhere. */
function unexpected(source: string, offset: number, expected: string): string {
  const token = tokenAt(source, offset)
  const next = source.slice(offset + token.length).trimStart()
  const fits = expected === '<EOF>' ? next === '' : STARTS_OPERAND.test(next)
  const what = token !== '<EOF>' && fits ? 'extraneous' : 'mismatched'
  return `Syntax error: ${what} input '${shown(token)}' expecting ${expected}`
}

const SYMBOLS: Readonly<Record<string, string>> = {
  RPAREN: "')'",
  RBRACKET: "{']', ','}",
  RBRACE: "{'}', ','}",
  COLON: "':'",
}

function missing(source: string, offset: number, summary: string): string {
  const wanted = /^Expected (\w+)/.exec(summary)?.[1] ?? ''
  const token = tokenAt(source, offset)
  if (wanted === 'IDENTIFIER' && /^(?:true|false|null|in)$/.test(token)) {
    return `Syntax error: mismatched input '${token}' expecting IDENTIFIER`
  }
  if (wanted === 'IDENTIFIER') {
    return `Syntax error: no viable alternative at input '.${token === '<EOF>' ? '' : shown(token)}'`
  }
  const symbol = SYMBOLS[wanted] ?? wanted
  if (wanted === 'RPAREN' && token === '<EOF>') return `Syntax error: missing ${symbol} at '<EOF>'`
  return `Syntax error: mismatched input '${shown(token)}' expecting ${symbol}`
}

/** The lexer gives up on the longest beginning of a token together with the character that broke it. */
function unrecognized(source: string, offset: number): string {
  const rest = source.slice(offset)
  const quote = /^[rRbB]{0,2}["']/.exec(rest)
  const line = rest.split('\n', 1)[0] ?? rest
  const first = String.fromCodePoint(source.codePointAt(offset) ?? 0)
  const text = quote ? line : /^[|&=]/.test(rest) ? rest.slice(0, 2) : first
  return `Syntax error: token recognition error at: '${shown(text)}'`
}

const shown = (text: string): string => text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
