/**
 * The UTF-8 bytes of a text in memory of their own, for what is kept: `Buffer.from` cuts small buffers out of slabs of 64 KiB,
 * and a slab stays as long as one of its pieces does.
 */
export function ownBytes(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
