import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronLineProblem, isTimeZone } from './cron-line.ts'

const right = [
  '* * * * *',
  '*/5 0-6 1,15 jan-MAR mon',
  '? ? ? ? ?',
  '10/3 * * * *',
  '@daily',
  '@every 1h30m',
  'TZ=Europe/Zurich 0 4 * * *',
  'CRON_TZ=UTC @hourly',
]
for (const line of right) test(`the cron line "${line}" is right`, () => assert.equal(cronLineProblem(line), undefined))

const wrong: Record<string, string> = {
  '': 'empty spec string',
  '* * * *': 'expected exactly 5 fields, found 4: [* * * *]',
  '60 * * * *': 'end of range (60) above maximum (59): 60',
  '* * 0 * *': 'beginning of range (0) below minimum (1): 0',
  '5-3 * * * *': 'beginning of range (5) beyond end of range (3): 5-3',
  '*/0 * * * *': 'step of range should be a positive number: */0',
  '1-2-3 * * * *': 'too many hyphens: 1-2-3',
  '1/2/3 * * * *': 'too many slashes: 1/2/3',
  'x * * * *': 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
  '@never': 'unrecognized descriptor: @never',
  '@every x': 'failed to parse duration @every x: time: invalid duration "x"',
  'TZ=Nowhere/At 0 4 * * *': 'provided bad location Nowhere/At: unknown time zone Nowhere/At',
}
for (const [line, problem] of Object.entries(wrong)) {
  test(`the cron line "${line}" is refused`, () => assert.equal(cronLineProblem(line), problem))
}

test('time zones are those of the IANA database', () => {
  const names = ['UTC', 'Europe/Zurich', 'Etc/GMT+5', 'Nowhere/At', '+01:00', '../etc', 'a-very-long-part-of-a-name']
  assert.deepEqual(names.filter(isTimeZone), ['UTC', 'Europe/Zurich', 'Etc/GMT+5'])
})
