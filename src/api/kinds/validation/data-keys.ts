const MAX_LENGTH = 253
const KEY = /^[-._a-zA-Z0-9]+$/
const KEY_FORMAT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

/** What is wrong with a key of a ConfigMap or Secret, which becomes a file's name; empty when nothing is. */
export function dataKeyErrors(key: string): string[] {
  const problems: string[] = []
  if (key.length > MAX_LENGTH) problems.push(`must be no more than ${MAX_LENGTH} characters`)
  if (!KEY.test(key)) problems.push(KEY_FORMAT)
  if (key === '.') problems.push("must not be '.'")
  else if (key === '..') problems.push("must not be '..'")
  else if (key.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

const PRINTABLE_BUT_EQUALS = /^[ -<>-~]*$/
const VARIABLE_FORMAT =
  "a valid environment variable name must consist only of printable ASCII characters other than '='"

const NONE: readonly string[] = []

/** What is wrong with an environment variable's name, by the relaxed rule (KEP-4369); empty when nothing is. */
export function environmentNameErrors(name: string): readonly string[] {
  if (name === '') return ['environment variable name must be non-empty']
  return PRINTABLE_BUT_EQUALS.test(name) ? NONE : [VARIABLE_FORMAT]
}
