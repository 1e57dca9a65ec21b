import { qualifiedNameErrors } from '../meta/names.ts'
import { badRequest, type StatusError } from '../status-error.ts'
import { labelTokens, type Token, type TokenKind } from './label-lexer.ts'
import { checkedRequirement, type LabelOperator, type LabelRequirement } from './requirement.ts'

const OPERATORS = ['=', '==', 'in', '!=', 'notin', 'gt', 'lt'] as const
const OPERATOR_OF: Partial<Record<TokenKind, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

/** The requirements of a label selector's text, in its order. Throws 400 with the words of upstream's labels.Parse. */
export function parseRequirements(text: string): LabelRequirement[] {
  return new Parser(labelTokens(text)).parse()
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const { kind, text } = this.#peekValue()
      if (kind === 'end') return requirements
      if (kind !== 'identifier' && kind !== '!') {
        throw badRequest(`found '${text}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#requirement())
      if (this.#separator()) return requirements
    }
  }

  /** After a requirement: true at the end of the text, false at a comma with another requirement behind it. */
  #separator(): boolean {
    const { kind, text } = this.#nextValue()
    if (kind === 'end') return true
    if (kind !== ',') throw badRequest(`found '${text}', expected: ',' or 'end of string'`)
    const following = this.#peekValue()
    if (following.kind !== 'identifier' && following.kind !== '!') {
      throw badRequest(`found '${following.text}', expected: identifier after ','`)
    }
    return false
  }

  #requirement(): LabelRequirement {
    const negated = this.#peekValue().kind === '!'
    if (negated) this.#at++
    const key = this.#identifier()
    const [problem] = [qualifiedNameErrors(key)].filter((texts) => texts.length > 0)
    if (problem) throw unparsable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem.join('; ')}`)
    const next = this.#peekValue().kind
    if (negated) return checkedRequirement(key, '!', [], unparsable)
    if (next === 'end' || next === ',') return checkedRequirement(key, 'exists', [], unparsable)
    const operator = this.#operator()
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return checkedRequirement(key, operator, values, unparsable)
  }

  #operator(): LabelOperator {
    const { kind, text } = this.#tokens[this.#at++] as Token
    const operator = OPERATOR_OF[kind]
    if (!operator) throw unparsable(`found '${text}', expected: ${OPERATORS.join(', ')}`)
    return operator
  }

  #exactValue(): string {
    const { kind } = this.#peekValue()
    return kind === 'end' || kind === ',' ? '' : this.#identifier()
  }

  /** `(a,b)`; nothing between two separators is the empty string. */
  #values(): string[] {
    const open = this.#nextValue()
    if (open.kind !== '(') throw unparsable(`found '${open.text}' expected: '('`)
    const first = this.#peekValue()
    if (first.kind !== 'identifier' && first.kind !== ',' && first.kind !== ')') {
      throw unparsable(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values: string[] = []
    let afterValue = false
    for (;;) {
      const { kind, text } = this.#nextValue()
      if (kind === 'identifier' && !afterValue) values.push(text)
      else if (kind === ',' || kind === ')') {
        if (!afterValue) values.push('')
        if (kind === ')') return values
      } else throw unparsable(`found '${text}', expected: ${afterValue ? "',' or ')'" : "',', or identifier"}`)
      afterValue = kind === 'identifier'
    }
  }

  #identifier(): string {
    const { kind, text } = this.#nextValue()
    if (kind !== 'identifier') throw unparsable(`found '${text}', expected: identifier`)
    return text
  }

  /** Where a key or value can stand, `in` and `notin` are names like others. */
  #peekValue(): Token {
    const token = this.#tokens[this.#at] as Token
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
  }

  #nextValue(): Token {
    const token = this.#peekValue()
    if (token.kind !== 'end') this.#at++
    return token
  }
}

const unparsable = (why: string): StatusError => badRequest(`unable to parse requirement: ${why}`)
