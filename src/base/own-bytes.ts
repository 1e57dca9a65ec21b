/**
 * The UTF-8 bytes of a text in memory of their own, for what is kept: `Buffer.from` cuts small buffers out of slabs of 64 KiB,
 * each of which stays as long as any of its pieces.
 */
export function ownBytes(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
