import { MAX_WINDOW, Setting } from './frame.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

/** Of the peer's settings those that bind a client; undefined where it says nothing. */
export interface PeerSettings {
  readonly headerTableSize?: number
  readonly maxConcurrentStreams?: number
  readonly initialWindowSize?: number
}

/** The payload of a SETTINGS frame (RFC 9113, 6.5.1); what is not known is to be ignored. */
export function readSettings(payload: Buffer): PeerSettings {
  if (payload.length % 6 !== 0) throw new Http2Error(ErrorCode.FrameSizeError, 'settings are cut off')
  const values = new Map<number, number>()
  for (let at = 0; at < payload.length; at += 6) values.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
  const initialWindowSize = values.get(Setting.InitialWindowSize)
  if (initialWindowSize !== undefined && initialWindowSize > MAX_WINDOW) {
    throw new Http2Error(ErrorCode.FlowControlError, 'windows are set too large')
  }
  return {
    headerTableSize: values.get(Setting.HeaderTableSize),
    maxConcurrentStreams: values.get(Setting.MaxConcurrentStreams),
    initialWindowSize,
  }
}
