/** Error codes (RFC 9113, section 7). */
export const ErrorCode = {
  NoError: 0,
  ProtocolError: 1,
  InternalError: 2,
  FlowControlError: 3,
  SettingsTimeout: 4,
  StreamClosed: 5,
  FrameSizeError: 6,
  RefusedStream: 7,
  Cancel: 8,
  CompressionError: 9,
  ConnectError: 10,
  EnhanceYourCalm: 11,
} as const
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/** The peer broke the protocol: the connection cannot be used any more. */
export class Http2Error extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(`HTTP/2: ${message}`)
    this.name = 'Http2Error'
    this.code = code
  }
}
