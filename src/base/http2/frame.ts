/** Kinds of frames (RFC 9113, section 6). */
export const FrameType = {
  Data: 0,
  Headers: 1,
  Priority: 2,
  RstStream: 3,
  Settings: 4,
  PushPromise: 5,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

export const Flag = { EndStream: 0x1, Ack: 0x1, EndHeaders: 0x4, Padded: 0x8, Priority: 0x20 } as const

/** Numbers of settings (RFC 9113, 6.5.2). */
export const Setting = {
  HeaderTableSize: 1,
  EnablePush: 2,
  MaxConcurrentStreams: 3,
  InitialWindowSize: 4,
  MaxFrameSize: 5,
  MaxHeaderListSize: 6,
} as const

export const FRAME_HEAD_BYTES = 9
/** The longest payload, as long as nobody allows more. */
export const MAX_FRAME_BYTES = 16_384
export const MAX_WINDOW = 2 ** 31 - 1
/** What a window is as long as nobody changes it (RFC 9113, 6.5.2). */
export const DEFAULT_WINDOW = 65_535
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Writes the head of a frame; returns where its payload begins. */
export function writeFrameHead(
  out: Buffer,
  at: number,
  head: { readonly type: FrameType; readonly flags: number; readonly stream: number; readonly length: number },
): number {
  out.writeUIntBE(head.length, at, 3)
  out[at + 3] = head.type
  out[at + 4] = head.flags
  out.writeUInt32BE(head.stream, at + 5)
  return at + FRAME_HEAD_BYTES
}

export function frame(type: FrameType, flags: number, stream: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length)
  out.set(payload, writeFrameHead(out, 0, { type, flags, stream, length: payload.length }))
  return out
}

/** Frames whose payload is one number of four bytes: RST_STREAM and WINDOW_UPDATE. */
export function numberFrame(type: FrameType, stream: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4)
  payload.writeUInt32BE(value)
  return frame(type, 0, stream, payload)
}

/** A farewell (RFC 9113, 6.8). `last`: the last stream that was, or may have been, acted upon. */
export function goAwayFrame(last: number, code: number, why = ''): Buffer {
  const text = Buffer.from(why)
  const payload = Buffer.alloc(8 + text.length)
  payload.writeUInt32BE(last)
  payload.writeUInt32BE(code, 4)
  payload.set(text, 8)
  return frame(FrameType.GoAway, 0, 0, payload)
}

/** What is left of the payload of a DATA frame without its padding (RFC 9113, 6.1); undefined when it is padding beyond its end. */
export function withoutPadding(flags: number, payload: Buffer): Buffer | undefined {
  if (!(flags & Flag.Padded)) return payload
  const padding = payload[0] ?? 0
  return payload.length > padding ? payload.subarray(1, payload.length - padding) : undefined
}

export function settingsFrame(settings: readonly (readonly [setting: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6)
  settings.forEach(([setting, value], index) => {
    payload.writeUInt16BE(setting, index * 6)
    payload.writeUInt32BE(value, index * 6 + 2)
  })
  return frame(FrameType.Settings, 0, 0, payload)
}

/** Frames that are about the connection and name no stream. */
export const isOfConnection = (type: number): boolean =>
  type === FrameType.Settings || type === FrameType.Ping || type === FrameType.GoAway
