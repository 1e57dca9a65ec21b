import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError, unreadableJson, unrecognized } from './decode-error.ts'
import { decodeJson, encodeJson } from './json.ts'

const decode = (text: string) => decodeJson(Buffer.from(text))

const syntaxErrors: [text: string, message: string][] = [
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a":', 'unexpected end of JSON input'],
  ['nonsense', "invalid character 'o' in literal null (expecting 'u')"],
  ['hello', "invalid character 'h' looking for beginning of value"],
  ['{} trailing', "invalid character 't' after top-level value"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['["\\x"]', "invalid character 'x' in string escape code"],
  ['["\n"]', "invalid character '\\n' in string literal"],
  ['[1.]', "invalid character ']' after decimal point in numeric literal"],
  ['[1e]', "invalid character ']' in exponent of numeric literal"],
  ["['a']", "invalid character '\\'' looking for beginning of value"],
]

for (const [text, message] of syntaxErrors) {
  test(`the syntax error in ${JSON.stringify(text)} is told in Go's words`, () => {
    assert.throws(
      () => decode(text),
      (error) => error instanceof DecodeError && error.message === message && error.code === 400,
    )
  })
}

test('members given twice are named by their path, once for each repetition', () => {
  const { value, duplicates } = decode('{"a":1,"b":{"c":[{"d":1,"d":2}]},"a":3,"a":4}')
  assert.deepEqual(value, { a: 4, b: { c: [{ d: 2 }] } })
  assert.deepEqual(duplicates, ['duplicate field "b.c[0].d"', 'duplicate field "a"', 'duplicate field "a"'])
})

test('colons and quotes inside strings are no members', () => {
  const object = { 'a:b': 'c:d', e: '\\', f: '"', g: '\\":\\\\' }
  assert.deepEqual(decode(JSON.stringify(object)), { value: object, duplicates: [] })
})

test('what was encoded is decoded to the same', () => {
  const object = { text: 'grüße\u2028', list: [1, -0.5, null, true], nested: { deep: {} } }
  assert.deepEqual(decodeJson(encodeJson(object)).value, object)
})

test('a body of unknown kind is shown by its beginning', () => {
  const long = Buffer.from(`{"${'a'.repeat(40)}`)
  const { message } = unrecognized('Pod', unreadableJson('unexpected end of JSON input'), long)
  const why = "couldn't get version/kind; json parse error: unexpected end of JSON input"
  assert.equal(message, `the object provided is unrecognized (must be of type Pod): ${why} ({"${'a'.repeat(28)} ...)`)
  assert.match(unrecognized('Pod', 'x', Buffer.from('ab')).message, /\(6162\)$/)
})

test('nesting beyond any object of the API is refused, complete or not', () => {
  const message = "invalid character '[' exceeded max depth"
  assert.throws(() => decode('['.repeat(1_000_000)), { code: 400, message })
  assert.throws(() => decode('['.repeat(100_000) + ']'.repeat(100_000)), { code: 400, message })
  assert.doesNotThrow(() => decode('['.repeat(1000) + ']'.repeat(1000)))
})
