import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flag, goAwayFrame, withoutPadding } from './frame.ts'
import { ErrorCode } from './http2-error.ts'

for (const { what, flags, payload, left } of [
  { what: 'bytes without padding', flags: Flag.EndStream, payload: '\x02ab', left: '\x02ab' },
  { what: 'nothing', flags: 0, payload: '', left: '' },
  { what: 'padding of no bytes', flags: Flag.Padded, payload: '\0ab', left: 'ab' },
  { what: 'padding beside bytes', flags: Flag.Padded, payload: '\x02ab\0\0', left: 'ab' },
  { what: 'nothing but padding', flags: Flag.Padded, payload: '\x02\0\0', left: '' },
  { what: 'padding that is longer than the frame', flags: Flag.Padded, payload: '\x03\0\0', left: undefined },
  { what: 'padding without its length', flags: Flag.Padded, payload: '', left: undefined },
]) {
  test(`what is left without padding of ${what}`, () => {
    assert.equal(withoutPadding(flags, Buffer.from(payload, 'latin1'))?.toString('latin1'), left)
  })
}

test('a farewell names the last stream, the code and the reason', () => {
  assert.equal(
    goAwayFrame(2 ** 31 - 1, ErrorCode.EnhanceYourCalm, 'grüße').toString('hex'),
    `00000f07000000000${'0'}7fffffff0000000b${Buffer.from('grüße').toString('hex')}`,
  )
})
