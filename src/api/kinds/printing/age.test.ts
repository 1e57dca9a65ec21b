import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, humanDuration } from './age.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

const durations: [number, string][] = [
  [-3 * second, '<invalid>'],
  [-1 * second, '0s'],
  [119 * second, '119s'],
  [120 * second, '2m'],
  [9 * minute + 5 * second, '9m5s'],
  [10 * minute + 5 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 5 * minute, '7h5m'],
  [47 * hour, '47h'],
  [50 * hour, '2d2h'],
  [8 * day + 2 * hour, '8d'],
  [729 * day, '729d'],
  [731 * day, '2y1d'],
  [3000 * day, '8y'],
]
for (const [ms, text] of durations) test(`${ms} ms is printed as ${text}`, () => assert.equal(humanDuration(ms), text))

test('a time that is not set has an unknown age', () => {
  assert.equal(ageOf(null, 0), '<unknown>')
})
