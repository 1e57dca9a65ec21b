import { Environment, type ASTNode as LibraryNode, ParseError } from '@marcbachmann/cel-js'
import type { Expr } from './ast.ts'
import { Expander } from './expand.ts'
import { withoutOptionalEntries } from './optional-entries.ts'
import type { SourceError } from './source-error.ts'
import { syntaxErrorOf } from './syntax-error.ts'

/** Either the expression with its macros expanded, or what is wrong with it, in the words of cel-go's parser. */
export type Parsed =
  | { readonly ok: true; readonly expr: Expr; readonly nodes: number }
  | { readonly ok: false; readonly errors: readonly SourceError[] }

/** Upstream: the parser's default limit on the size of an expression, in code points. */
const MAX_CODE_POINTS = 100_000

/** The library's macros are checked, but not used: `Expander` has those of Kubernetes. */
const grammar = new Environment({
  enableOptionalTypes: true,
  limits: {
    maxAstNodes: 100_000,
    maxDepth: 250,
    maxListElements: 50_000,
    maxMapEntries: 50_000,
    maxCallArguments: 1000,
  },
})

/** Parses an expression. Never throws. */
export function parse(source: string): Parsed {
  const size = [...source].length
  if (size > MAX_CODE_POINTS) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${MAX_CODE_POINTS}`
    return { ok: false, errors: [{ offset: 0, message }] }
  }
  const readable = withoutOptionalEntries(source)
  const tree = readTree(readable.source)
  if (tree instanceof ParseError) return { ok: false, errors: [syntaxErrorOf(source, tree)] }
  const expander = new Expander(readable)
  const expr = expander.expand(tree)
  return expander.errors.length === 0
    ? { ok: true, expr, nodes: expander.nodes }
    : { ok: false, errors: expander.errors }
}

function readTree(source: string): LibraryNode | ParseError {
  try {
    return grammar.parse(source).ast
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
}
