import { MAX_FRAME_BYTES, MAX_WINDOW, Setting } from './frame.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

/** Of the peer's settings those that bind us; undefined where it says nothing. */
export interface PeerSettings {
  readonly headerTableSize?: number
  readonly maxConcurrentStreams?: number
  readonly initialWindowSize?: number
}

/** What a peer may allow at most. */
const LONGEST_FRAME_BYTES = 2 ** 24 - 1

/** The payload of a SETTINGS frame (RFC 9113, 6.5.1); what is not known is to be ignored. */
export function readSettings(payload: Buffer): PeerSettings {
  if (payload.length % 6 !== 0) throw new Http2Error(ErrorCode.FrameSizeError, 'settings are cut off')
  const values = new Map<number, number>()
  for (let at = 0; at < payload.length; at += 6) values.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
  const initialWindowSize = values.get(Setting.InitialWindowSize)
  if (initialWindowSize !== undefined && initialWindowSize > MAX_WINDOW) {
    throw new Http2Error(ErrorCode.FlowControlError, 'windows are set too large')
  }
  const frameSize = values.get(Setting.MaxFrameSize) ?? MAX_FRAME_BYTES
  if ((values.get(Setting.EnablePush) ?? 0) > 1 || frameSize < MAX_FRAME_BYTES || frameSize > LONGEST_FRAME_BYTES) {
    throw new Http2Error(ErrorCode.ProtocolError, 'a setting is beyond its bounds')
  }
  return {
    headerTableSize: values.get(Setting.HeaderTableSize),
    maxConcurrentStreams: values.get(Setting.MaxConcurrentStreams),
    initialWindowSize,
  }
}
