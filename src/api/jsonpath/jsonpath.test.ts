import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findByJsonPath, JsonPathMismatch } from './find.ts'
import { JsonPathError, parseJsonPath } from './parse.ts'

const OBJECT = {
  metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'web' } },
  spec: {
    list: [{ name: 'a', n: 1 }, { name: 'b', n: 2 }, { name: 'c' }],
    text: 'x',
    none: null,
    numbers: [1, 2, 3, 4],
  },
  status: {
    conditions: [
      { type: 'X', status: 'False' },
      { type: 'Ready', status: 'True', on: true },
    ],
  },
}

const FOUND: [path: string, values: unknown[]][] = [
  ['.metadata.name', ['a']],
  ['metadata.name'.replace(/^/, '$.'), ['a']],
  ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
  [".metadata.labels['app.kubernetes.io/name']", ['web']],
  ['.spec.list[0].name', ['a']],
  ['.spec.list[-1].name', ['c']],
  ['.spec.list[*].name', ['a', 'b', 'c']],
  ['.spec.list.*.n', [1, 2]],
  ['.spec.list[0:2].name', ['a', 'b']],
  ['.spec.numbers[0:4:2]', [1, 3]],
  ['.spec.numbers[0,2]', [1, 3]],
  ['.spec.numbers[1:]', [2, 3, 4]],
  [".spec.list[0]['name','n']", ['a', 1]],
  ['.spec..n', [1, 2]],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type != 'Ready')].status", ['False']],
  ['.status.conditions[?(@.on)].type', ['Ready']],
  ['.status.conditions[?(@.on==true)].type', ['Ready']],
  ['.spec.list[?(@.n>1)].name', ['b']],
  ['.spec.list[?(@.n<=1)].name', ['a']],
  ['.spec.none', [null]],
  ['.spec.none[0]', []],
  ['.spec.missing.deeper', []],
  ['.spec.text.deeper', []],
]

for (const [path, values] of FOUND) {
  test(`${path} finds ${JSON.stringify(values)}`, () => {
    assert.deepEqual(findByJsonPath(parseJsonPath(path), OBJECT), values)
  })
}

for (const path of ['.spec.text[0]', '.spec.list[7]', '.spec.text[?(@.a)]', '.spec.list[?(@.n=="1")]']) {
  test(`${path} cannot be followed`, () => {
    assert.throws(() => findByJsonPath(parseJsonPath(path), OBJECT), JsonPathMismatch)
  })
}

for (const path of ['spec', '.spec[', '.spec[x]', '.spec[]', '.', ".a['b", '.a[?(@.b=!1)]']) {
  test(`${path} cannot be read`, () => {
    assert.throws(() => parseJsonPath(path), JsonPathError)
  })
}
