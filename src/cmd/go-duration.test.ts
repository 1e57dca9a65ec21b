import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGoDuration } from './go-duration.ts'

const read: [text: string, ms: number][] = [
  ['15s', 15_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['.5s', 500],
  ['-2s', -2_000],
  ['0', 0],
]
for (const [text, ms] of read) test(`${text} is ${ms} ms`, () => assert.equal(parseGoDuration(text), ms))

const refused: [text: string, message: string][] = [
  ['', 'time: invalid duration ""'],
  ['soon', 'time: invalid duration "soon"'],
  ['15', 'time: missing unit in duration "15"'],
  ['15 s', 'time: unknown unit " s" in duration "15 s"'],
  ['2days', 'time: unknown unit "days" in duration "2days"'],
]
for (const [text, message] of refused) {
  test(`'${text}' is refused as Go does`, () => assert.throws(() => parseGoDuration(text), { message }))
}
