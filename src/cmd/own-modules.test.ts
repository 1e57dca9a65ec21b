import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveOwn } from './own-modules.ts'

const OWN = new URL('./main.ts', import.meta.url).href
const context = { conditions: [], importAttributes: {} }
const passedOn = { url: 'passed:on' }
const next = () => passedOn

test('a file of the program is found by its path', () => {
  const found = resolveOwn('../base/heap.ts', { ...context, parentURL: OWN }, next)
  const url = new URL('../base/heap.ts', import.meta.url).href
  assert.deepEqual(found, { url, format: 'module-typescript', shortCircuit: true })
})

test('packages, Node.js itself, and whatever others import, are found as ever', () => {
  for (const specifier of ['yaml', 'node:fs', '#internal', OWN]) {
    assert.equal(resolveOwn(specifier, { ...context, parentURL: OWN }, next), passedOn, specifier)
  }
  const foreign = new URL('../../node_modules/yaml/dist/index.js', import.meta.url).href
  for (const parentURL of [foreign, undefined]) {
    assert.equal(resolveOwn('./other.js', { ...context, parentURL }, next), passedOn)
  }
})
