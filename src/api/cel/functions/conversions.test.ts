import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celResult } from '../../../testing/cel.ts'

const TABLE: readonly (readonly [expression: string, result: string])[] = [
  ['type(1) == int && type("a") == string && type([]) == list && type(type(1)) == type', 'true'],
  ['type(null) == null_type && type(1u) == uint && type(1.0) == double && type(b"") == bytes', 'true'],
  ['type(duration("1s")) == google.protobuf.Duration', 'true'],
  ['bool("true") && bool("1") && !bool("F")', 'true'],
  ['bool("yes")', "program: type conversion error from 'string' to 'bool'"],
  ['dyn("yes") == "x" || bool(["yes"][0])', "error: type conversion error from 'string' to 'bool'"],
  ['bytes("\\u00e9")', 'b"\\u00c3©"'.replace('\\u00c3', 'Ã')],
  ['string(b"abc")', '"abc"'],
  ['string(b"\\xff")', 'program: invalid UTF-8 in bytes, cannot convert to string'],
  ['double("1.5") + double(1) + double(2u)', '4.5'],
  ['double("1e3")', '1000.0'],
  ['double("x")', "program: type conversion error from 'string' to 'double'"],
  ['double("Infinity")', 'Infinity'],
  ['int(1.9) + int(-1.9) + int("5") + int(6u)', '11'],
  ['int(1e19)', 'program: integer overflow'],
  ['int("9223372036854775808")', "program: type conversion error from 'string' to 'int'"],
  ['int(timestamp("1970-01-01T00:01:00Z"))', '60'],
  ['uint(3) + uint("4") + uint(5.5)', '12u'],
  ['uint(-1)', 'program: unsigned integer overflow'],
  ['string(1) + string(2u) + string(true)', '"12true"'],
  [
    'string(1.0) + " " + string(0.00001) + " " + string(1000000.0) + " " + string(123456.5)',
    '"1 1e-05 1e+06 123456.5"',
  ],
  ['string(duration("1h2m3.5s"))', '"3723.5s"'],
  ['string(timestamp("2011-08-18T19:03:37.010+01:00"))', '"2011-08-18T19:03:37.01+01:00"'],
  ['timestamp(0)', '1970-01-01T00:00:00Z'],
  [
    'timestamp(["2024-02-30T00:00:00Z"][0])',
    "error: type conversion error from 'string' to 'google.protobuf.Timestamp'",
  ],
  ['duration("1.5h") == duration("90m")', 'true'],
  ['duration(["1 day"][0])', "error: type conversion error from 'string' to 'google.protobuf.Duration'"],
  ['dyn(1) + 1', '2'],
]

for (const [expression, result] of TABLE) {
  test(`cel: ${expression} is ${result}`, () => assert.equal(celResult(expression), result))
}
