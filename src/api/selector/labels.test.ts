import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelMapMatcher, labelSelectorMatcher, parseLabelSelector } from './labels.ts'

const texts: [given: string, canonical: string][] = [
  ['', ''],
  ['a=b', 'a=b'],
  [' c in (e, d) , a==b,!f,g', 'a==b,c in (d,e),!f,g'],
  ['a in ()', 'a in ()'],
  ['a notin (,b)', 'a notin (,b)'],
  ['a!=', 'a!='],
  ['in in (in)', 'in in (in)'],
  ['a>5,b<6', 'a>5,b<6'],
]

for (const [given, canonical] of texts) {
  test(`the label selector ${JSON.stringify(given)} reads ${JSON.stringify(canonical)}`, () => {
    assert.equal(parseLabelSelector(given).toString(), canonical)
  })
}

const errors: [given: string, message: string | RegExp][] = [
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a b', "unable to parse requirement: found 'b', expected: =, ==, in, !=, notin, gt, lt"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a=(b)', "unable to parse requirement: found '(', expected: identifier"],
  ['-a=b', /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/],
  ['a=-b', /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-b": a valid label must be/],
]

for (const [given, message] of errors) {
  test(`the label selector ${JSON.stringify(given)} is refused in upstream's words`, () => {
    assert.throws(() => parseLabelSelector(given), { code: 400, reason: 'BadRequest', message })
  })
}

const matches: [selector: string, labels: Record<string, string> | undefined, expected: boolean][] = [
  ['', undefined, true],
  ['a=b', { a: 'b' }, true],
  ['a=b', {}, false],
  ['a!=b', {}, true],
  ['a!=b', { a: 'b' }, false],
  ['a in (b,c)', { a: 'c' }, true],
  ['a notin (b,c)', { a: 'd' }, true],
  ['a', { a: '' }, true],
  ['!a', { a: '' }, false],
  ['a>5', { a: '10' }, true],
  ['a<5', { a: '10' }, false],
  ['a>5', { a: 'x' }, false],
  ['constructor', {}, false],
]

for (const [selector, labels, expected] of matches) {
  test(`${selector || 'no selector'} ${expected ? 'selects' : 'leaves out'} ${JSON.stringify(labels)}`, () => {
    assert.equal(parseLabelSelector(selector).matches(labels), expected)
  })
}

test('a field that holds no selector selects nothing, an empty one everything', () => {
  assert.equal(labelSelectorMatcher(undefined).matches({ a: 'b' }), false)
  assert.equal(labelSelectorMatcher({}).matches({ a: 'b' }), true)
})

test('labels and expressions all have to hold', () => {
  const selector = labelSelectorMatcher({
    matchLabels: { z: '1' },
    matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['y', 'x'] }],
  })
  assert.equal(selector.toString(), 'a notin (x,y),z=1')
  assert.equal(selector.matches({ z: '1' }), true)
  assert.equal(selector.matches({ z: '1', a: 'x' }), false)
  assert.equal(selector.matches({}), false)
})

test('a plain map selects by equality', () => {
  assert.equal(labelMapMatcher({ b: '2', a: '1' }).toString(), 'a=1,b=2')
})
