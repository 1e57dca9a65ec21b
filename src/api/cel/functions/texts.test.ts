import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celResult } from '../../../testing/cel.ts'

const TABLE: readonly (readonly [expression: string, result: string])[] = [
  ['"hello".contains("ell") && "hello".startsWith("he") && "hello".endsWith("lo")', 'true'],
  ['"hello".matches("^h.*o$") && matches("hello", "l+") && !"hello".matches("^l")', 'true'],
  ['"a".matches(["("][0])', 'error: error parsing regexp: missing closing ): `(`'],
  ['"h\\u00e9llo".charAt(1) + "abc".charAt(3)', '"é"'],
  ['"abc".charAt(4)', 'error: index out of range: 4'],
  ['"\\U0001F600abcabc".indexOf("b")', '2'],
  ['"abcabc".indexOf("b", 2)', '4'],
  ['"abc".indexOf("z")', '-1'],
  ['"abc".indexOf("", 2)', '2'],
  ['"abc".indexOf("a", -1)', 'error: index out of range: -1'],
  ['"abcabc".lastIndexOf("b")', '4'],
  ['"abcabc".lastIndexOf("b", 3)', '1'],
  ['"abc".lastIndexOf("")', '3'],
  ['"\\u00c9ABC".lowerAscii() + "\\u00e9abc".upperAscii()', '"ÉabcéABC"'],
  ['"a.b.c".replace(".", "-")', '"a-b-c"'],
  ['"a.b.c".replace(".", "-", 1)', '"a-b.c"'],
  ['"ab".replace("", "-")', '"-a-b-"'],
  ['"ab".replace("", "-", 2)', '"-a-b"'],
  ['"a,b,c".split(",")', '["a", "b", "c"]'],
  ['"a,b,c".split(",", 2)', '["a", "b,c"]'],
  ['"a,b".split(",", 0)', '[]'],
  ['"a\\u00e9".split("")', '["a", "é"]'],
  ['"hello".substring(1) + "hello".substring(1, 3)', '"elloel"'],
  ['"abc".substring(4)', 'error: index out of range: 4'],
  ['"abc".substring(2, 1)', 'error: invalid substring range. start: 2, end: 1'],
  ['" \\t\\u00a0a b\\n".trim()', '"a b"'],
  ['["a", "b"].join() + ["a", "b"].join("-")', '"aba-b"'],
  ['strings.quote("a\\n\\"b\\"")', '"\\"a\\\\n\\\\\\"b\\\\\\"\\""'],
  ['"%s %d %s".format(["a", 5, [1, "x"]])', '"a 5 [1, \\"x\\"]"'],
  ['"%s".format([{"b": 1, "a": 2.0}])', '"{\\"a\\":2.000000, \\"b\\":1}"'],
  ['"%.2f %f %e".format([1234.567, 1.5, 3.14])', '"1,234.57 1.500000 3.140000×10⁰⁰"'],
  ['"%b %b %o %x %X %x".format([5, true, 8, 255, 255, "ab"])', '"101 1 10 ff FF 6162"'],
  ['"%s %s %s".format([duration("90s"), timestamp("2024-01-01T00:00:00Z"), null])', '"90s 2024-01-01T00:00:00Z null"'],
  ['"100%%".format([])', '"100%"'],
  [
    '["%.101f"][0].format([1.0])',
    'error: could not parse formatting clause: error while parsing precision: precision 101 exceeds maximum allowed precision 100',
  ],
  ['["%s"][0].format([])', 'error: index 0 out of range'],
  [
    '["%d"][0].format(["a"])',
    'error: error during formatting: decimal clause can only be used on integers, was given string',
  ],
  ['["%z"][0].format([1])', 'error: could not parse formatting clause: unrecognized formatting clause "z"'],
]

for (const [expression, result] of TABLE) {
  test(`cel: ${expression} is ${result}`, () => assert.equal(celResult(expression), result))
}
