import { RE2JS } from 're2js'
import { RecentMap } from '../../../base/recent-map.ts'

/** A compiled regular expression in Go's syntax. */
export interface Pattern {
  /** Does it match anywhere in the text. */
  test(text: string): boolean
}

const TRAILING_BACKSLASH = 'error parsing regexp: trailing backslash at end of expression'

/**
 * Compiles a pattern as Go's regexp package does: RE2's syntax, matched in linear time whatever the pattern is. Throws an
 * Error with Go's text for one that is none.
 */
export function compilePattern(source: string): Pattern {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    const { message } = error as Error
    throw new Error(message === TRAILING_BACKSLASH ? `${message}: \`\`` : message, { cause: error })
  }
}

/** Definitions repeat few patterns over and over, and compiling one takes longer than all other checks of its node. */
const VERDICTS = 1000
const FINE = ''
const verdicts = new RecentMap<string, string>(VERDICTS)

/** What is wrong with a pattern, in Go's words; undefined when it is right. */
export function patternError(source: string): string | undefined {
  let verdict = verdicts.get(source)
  if (verdict === undefined) {
    verdict = verdictOn(source)
    verdicts.set(source, verdict)
  }
  return verdict === FINE ? undefined : verdict
}

function verdictOn(source: string): string {
  try {
    compilePattern(source)
    return FINE
  } catch (error) {
    return (error as Error).message
  }
}

/** The pattern of a validated schema, compiled when it is first needed. One that is none matches nothing. */
export function pattern(source: string): Pattern {
  let compiled: Pattern | undefined
  return {
    test: (text) => {
      compiled ??= patternError(source) === undefined ? compilePattern(source) : NOTHING
      return compiled.test(text)
    },
  }
}

const NOTHING: Pattern = { test: () => false }
