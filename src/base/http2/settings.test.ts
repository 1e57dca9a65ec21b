import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_HEAD_BYTES, MAX_WINDOW, Setting, settingsFrame } from './frame.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'
import { type PeerSettings, readSettings } from './settings.ts'

type Settings = readonly (readonly [setting: number, value: number])[]

const read = (settings: Settings): PeerSettings => readSettings(settingsFrame(settings).subarray(FRAME_HEAD_BYTES))
const said = (settings: Settings) =>
  Object.fromEntries(Object.entries(read(settings)).filter(([, value]) => value !== undefined))

for (const { what, settings, expected } of [
  { what: 'nothing', settings: [], expected: {} },
  {
    what: 'all that bind us',
    settings: [
      [Setting.HeaderTableSize, 0],
      [Setting.MaxConcurrentStreams, 2 ** 32 - 1],
      [Setting.InitialWindowSize, MAX_WINDOW],
    ],
    expected: { headerTableSize: 0, maxConcurrentStreams: 2 ** 32 - 1, initialWindowSize: MAX_WINDOW },
  },
  {
    what: 'a setting twice, of which the last counts',
    settings: [
      [Setting.InitialWindowSize, 1],
      [Setting.InitialWindowSize, 2],
    ],
    expected: { initialWindowSize: 2 },
  },
  {
    what: 'what does not bind us, within its bounds, and what nobody knows',
    settings: [
      [Setting.EnablePush, 0],
      [Setting.EnablePush, 1],
      [Setting.MaxFrameSize, 2 ** 14],
      [Setting.MaxFrameSize, 2 ** 24 - 1],
      [Setting.MaxHeaderListSize, 0],
      [0xfafa, 2 ** 32 - 1],
    ],
    expected: {},
  },
] as const) {
  test(`settings say ${what}`, () => assert.deepEqual(said(settings), expected))
}

const { FlowControlError, FrameSizeError, ProtocolError } = ErrorCode

for (const [what, code, payload] of [
  ['cut off', FrameSizeError, Buffer.alloc(7)],
  ['a window beyond its bounds', FlowControlError, payloadOf(Setting.InitialWindowSize, MAX_WINDOW + 1)],
  ['a push that is neither on nor off', ProtocolError, payloadOf(Setting.EnablePush, 2)],
  ['frames too short', ProtocolError, payloadOf(Setting.MaxFrameSize, 2 ** 14 - 1)],
  ['frames too long', ProtocolError, payloadOf(Setting.MaxFrameSize, 2 ** 24)],
] as const) {
  test(`settings that are wrong - ${what} - are refused with code ${code}`, () => {
    assert.throws(
      () => readSettings(payload),
      (error) => error instanceof Http2Error && error.code === code,
    )
  })
}

function payloadOf(setting: number, value: number): Buffer {
  return settingsFrame([[setting, value]]).subarray(FRAME_HEAD_BYTES)
}
