import { MAX_WINDOW } from './frame.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

/** A window that the peer lets grow. Throws Http2Error beyond what a window may be (RFC 9113, 6.9.1). */
export function grown(window: number, by: number): number {
  if (window + by > MAX_WINDOW) throw new Http2Error(ErrorCode.FlowControlError, 'a window is too large')
  return window + by
}
