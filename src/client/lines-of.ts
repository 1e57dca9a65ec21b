/** Longer than any event: objects are limited to 3 MiB by the server. */
const MAX_LINE_BYTES = 32 * 1024 * 1024
const NEWLINE = 0x0a

/** Splits a stream of texts, one a line, as watches send them: those that came together. Throws on a line beyond 32 MiB. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<readonly string[]> {
  let pending: Uint8Array[] = [] // the line begun, without a newline in it
  let pendingBytes = 0
  for await (const chunk of chunks) {
    const lines: string[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...pending, chunk.subarray(from, end)])
      pending = []
      pendingBytes = 0
      from = end + 1
      if (line.length > 0) lines.push(line.toString('utf8'))
    }
    if (lines.length > 0) yield lines
    pending.push(chunk.subarray(from))
    pendingBytes += chunk.length - from
    if (pendingBytes > MAX_LINE_BYTES) throw new Error('a line of the stream is too long')
  }
}
