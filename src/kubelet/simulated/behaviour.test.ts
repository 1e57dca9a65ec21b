import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBehaviour } from './behaviour.ts'

const cases: readonly [string, ReturnType<typeof parseBehaviour>][] = [
  ['', {}],
  ['start=2s,ready=1.5s', { startMs: 2000, readyMs: 1500 }],
  ['run=1m, exit=3', { runMs: 60_000, exitCode: 3 }],
  ['ready=never', { readyMs: Number.POSITIVE_INFINITY }],
  ['crash', { runMs: 1000, exitCode: 1 }],
  ['crash,run=5s', { runMs: 5000, exitCode: 1 }],
  ['image=missing', { imageMissing: true }],
  ['exit=x,run=soon,colour=red', {}],
]

for (const [text, expected] of cases) {
  test(`the annotation '${text}' is read as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(parseBehaviour(text), expected)
  })
}
