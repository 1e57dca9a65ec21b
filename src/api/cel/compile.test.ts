import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import { environmentOf } from './environment.ts'
import { listOf, mapOf, optionalOf, structOf, Types } from './type.ts'

const spec = structOf('self.spec', {
  get: (name) => ({ n: Types.int, s: Types.string, when: Types.timestamp })[name],
})
const self = structOf('self', {
  get: (name) =>
    ({
      spec,
      n: Types.int,
      s: Types.string,
      d: Types.double,
      list: listOf(Types.string),
      map: mapOf(Types.string, spec),
    })[name],
})
const environment = environmentOf({ self, any: Types.dyn, maybe: optionalOf(self) })

function outcome(expression: string): string {
  const compiled = compile(expression, environment)
  return compiled.ok ? compiled.type.text : compiled.text
}

const at = (expression: string, column: number, message: string): string =>
  `ERROR: <input>:1:${column}: ${message}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`

const TYPES: readonly (readonly [expression: string, type: string])[] = [
  ['self.n + 1', 'int'],
  ['self.list.map(x, x.size())', 'list(int)'],
  ['self.map.filter(k, self.map[k].n > 1)', 'list(string)'],
  ['self.map.transformMap(k, v, v.s)', 'map(string, string)'],
  ['[] + [1]', 'list(int)'],
  ['[]', 'list(dyn)'],
  ['any.a.b + 1', 'int'],
  ['any + any', 'dyn'],
  ['true ? self.spec : null', 'self.spec'],
  ['self.spec == null', 'bool'],
  ['self == self', 'bool'],
  ['type(self.n)', 'type(int)'],
  ['self.?spec.?n', 'optional_type(int)'],
  ['maybe.n', 'optional_type(int)'],
  ['maybe.orValue(self).n', 'int'],
  ['google.protobuf.Timestamp', 'type(timestamp)'],
  ['self.spec.when - duration("1h") < self.spec.when', 'bool'],
  ['1 < 1.0', 'bool'],
  ['.self.n', 'int'],
  ['"%d %s".format([1, "a"])', 'string'],
]

for (const [expression, type] of TYPES) {
  test(`cel: ${expression} is of type ${type}`, () => assert.equal(outcome(expression), type))
}

const OPERAND =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

const ERRORS: readonly (readonly [expression: string, column: number, message: string])[] = [
  ['self.nothing > 1', 5, "undefined field 'nothing'"],
  ['has(self.nothing)', 4, "undefined field 'nothing'"],
  ['other == 1', 1, "undeclared reference to 'other' (in container '')"],
  ['nothing(1)', 8, "undeclared reference to 'nothing' (in container '')"],
  ['self.n > "x"', 8, "found no matching overload for '_>_' applied to '(int, string)'"],
  ['self.s.startsWith(5)', 18, "found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ['size(self.n)', 5, "found no matching overload for 'size' applied to '(int)'"],
  ['self.n == self.spec', 8, "found no matching overload for '_==_' applied to '(int, self.spec)'"],
  ['self.n && true', 5, "expected type 'bool' but found 'int'"],
  ['self.n.x', 7, "type 'int' does not support field selection"],
  [
    'self.n.all(x, true)',
    5,
    "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
  ],
  ['[1, "a"]', 5, "expected type 'int' but found 'string'"],
  ['{"a": 1, 2: 3}', 10, "expected type 'string' but found 'int'"],
  ['true ? 1 : "a"', 6, "found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
  ['"a".matches("(")', 13, 'invalid matches argument'],
  ['duration("1 day")', 10, 'invalid duration argument'],
  ['timestamp("yesterday")', 11, 'invalid timestamp argument'],
  [
    '"%d".format([self.s])',
    18,
    'error during formatting: decimal clause can only be used on integers, was given string',
  ],
  [
    '"%s".format([[self]])',
    15,
    'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given self',
  ],
  ['"%z".format([1])', 12, 'could not parse formatting clause: unrecognized formatting clause "z"'],
  ['"%s".format([1, 2])', 12, 'too many arguments supplied to string.format (expected 1, got 2)'],
  ['"%s%s".format([1])', 14, 'index 1 out of range'],
  ['self.n >', 9, `Syntax error: mismatched input '<EOF>' expecting ${OPERAND}`],
  ['(self.n', 8, "Syntax error: missing ')' at '<EOF>'"],
  ['self.n 5', 8, "Syntax error: extraneous input '5' expecting <EOF>"],
  ['self.', 6, "Syntax error: no viable alternative at input '.'"],
  ['self.true', 6, "Syntax error: mismatched input 'true' expecting IDENTIFIER"],
  ['self @ 1', 6, "Syntax error: token recognition error at: '@'"],
  ['for', 1, 'reserved identifier: for'],
  ['self.list.all(1, true)', 15, 'argument must be a simple name'],
  ['self.list.map(1, true)', 15, 'argument is not an identifier'],
  ['has(self)', 5, 'invalid argument to has() macro'],
  ['9223372036854775808', 1, 'invalid int literal'],
  ['[?1]', 3, "expected type 'optional_type(int)' but found 'int'"],
]

for (const [expression, column, message] of ERRORS) {
  test(`cel: ${expression} is refused: ${message}`, () => {
    assert.equal(outcome(expression), at(expression, column, message))
  })
}

test('cel: all errors are told, each with its line', () => {
  assert.equal(
    outcome('self.a > 1 &&\n  b'),
    "ERROR: <input>:1:5: undefined field 'a'\n | self.a > 1 &&\n | ....^\n" +
      "ERROR: <input>:2:3: undeclared reference to 'b' (in container '')\n |   b\n | ..^",
  )
})

test('cel: marks stand below wide characters too', () => {
  assert.equal(
    outcome('"é" + 1'),
    `ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'\n | "é" + 1\n | .．..^`,
  )
})

test('cel: an expression that is nested too deeply is refused, not recursed into', () => {
  assert.match(outcome(`${'['.repeat(5000)}1${']'.repeat(5000)}`), /expression recursion limit exceeded: 250/)
  assert.match(outcome(Array(5000).fill('1').join('+')), /expression recursion limit exceeded: 250/)
})

test('cel: the variables that an expression reads are known', () => {
  const compiled = compile('self.n > 1 && [1].all(any, any > 0)', environment)
  assert.deepEqual(compiled.ok && [...compiled.variables], ['self', '@result', 'any'])
})
