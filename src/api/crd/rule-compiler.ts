import { type Compiled, compile } from '../cel/compile.ts'
import { type Environment, environmentOf } from '../cel/environment.ts'
import { optionalOf, Types } from '../cel/type.ts'
import { EvaluationError } from '../cel/values/evaluation-error.ts'
import { Declaration, MAX_REQUEST_BYTES, minBytes } from './expressions/declaration.ts'
import { resourceSchema } from './expressions/resource-schema.ts'
import { RunnableRule } from './expressions/runnable-rule.ts'
import { findField } from './field-path.ts'
import type { CompiledRule, RuleCompiler } from './rules.ts'
import type { Rule, Schema } from './schema.ts'

/** The compiler that models use unless they are given one. Upstream: cel.Compile of apiextensions-apiserver. */
export const compileRules: RuleCompiler = (node, rules, { isRoot }) => {
  const nodeCompiler = new NodeCompiler(isRoot ? resourceSchema(node) : node)
  return { rules: rules.map((rule) => nodeCompiler.compile(rule)) }
}

/** Upstream makes up a new name each time, so that nobody relies on it. */
const TYPE_NAME = 'selfType'

/** A rule that is empty, or that is not right: it is never evaluated. */
const broken = (parts: Partial<CompiledRule>): CompiledRule => ({
  usesOldSelf: false,
  evaluate: () => undefined,
  ...parts,
})

const invalid = (detail: string): CompiledRule => broken({ error: { kind: 'invalid', detail } })

/** Compiles the rules of one node. */
class NodeCompiler {
  readonly #schema: Schema
  readonly #self: Declaration
  readonly #maxCardinality: number
  #plain: Environment | undefined
  #optional: Environment | undefined

  constructor(schema: Schema) {
    this.#schema = schema
    this.#self = new Declaration(schema, TYPE_NAME)
    this.#maxCardinality = Math.floor(MAX_REQUEST_BYTES / (minBytes(schema) + 1))
  }

  compile(rule: Rule): CompiledRule {
    const { rule: source = '', messageExpression = '' } = rule
    if (source.trim() === '') return broken({})
    const environment = this.#environment(rule)
    const compiled = compile(source, environment)
    if (!compiled.ok) return invalid(`compilation failed: ${compiled.text}`)
    if (!compiled.type.is(Types.bool)) return invalid('cel expression must evaluate to a bool')
    const program = programOf(compiled)
    if (typeof program === 'string') return invalid(`program instantiation failed: ${program}`)
    const message = messageExpression === '' ? undefined : this.#message(messageExpression, environment)
    const runnable = new RunnableRule({
      rule,
      schema: this.#schema,
      program,
      message: message && 'program' in message ? message.program : undefined,
      fieldPath: this.#fieldPath(rule),
    })
    return {
      usesOldSelf: compiled.variables.has('oldSelf'),
      evaluate: (input) => runnable.evaluate(input),
      maxCost: this.#maxCost(compiled),
      maxCardinality: this.#maxCardinality,
      ...(message && 'error' in message && { messageExpressionError: message.error }),
      ...(message && 'maxCost' in message && { messageExpressionMaxCost: message.maxCost }),
    }
  }

  #message(source: string, environment: Environment) {
    const compiled = compile(source, environment)
    if (!compiled.ok) return { error: `messageExpression compilation failed: ${compiled.text}` }
    if (!compiled.type.is(Types.string)) return { error: 'messageExpression must evaluate to a string' }
    const program = programOf(compiled)
    if (typeof program === 'string') return { error: `messageExpression instantiation failed: ${program}` }
    return { program, maxCost: this.#maxCost(compiled) }
  }

  #environment({ optionalOldSelf }: Rule): Environment {
    const self = this.#self.type
    if (optionalOldSelf === true) {
      this.#optional ??= environmentOf({ self, oldSelf: optionalOf(self) })
      return this.#optional
    }
    this.#plain ??= environmentOf({ self, oldSelf: self })
    return this.#plain
  }

  #maxCost({ estimate }: Compiled): number {
    return estimate((path) => {
      let part: Declaration | undefined = this.#self
      for (const step of path.slice(1)) part = part?.part(step)
      return part && { min: 0, max: part.maxElements }
    }).max
  }

  #fieldPath({ fieldPath = '' }: Rule): string {
    if (fieldPath === '') return ''
    const found = findField(fieldPath, this.#schema)
    return 'error' in found ? '' : found.path
  }
}

/** The program, or why it cannot be made. */
function programOf({ program }: Compiled) {
  try {
    return program()
  } catch (error) {
    if (error instanceof EvaluationError) return error.message
    throw error
  }
}
