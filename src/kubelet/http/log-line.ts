/** A line of a container's log file: `<RFC 3339 time> <stdout|stderr> <F|P> <content>` (CRI v1 logging). */
export interface LogLine {
  readonly time: string
  readonly stream: string
  /** With its line end, unless it is one part of a longer line. */
  readonly content: Buffer
}

const SPACE = 0x20
const PARTIAL = 0x50 // P

/** Undefined for what is not in the format. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE)
  const second = line.indexOf(SPACE, first + 1)
  const third = line.indexOf(SPACE, second + 1)
  if (first < 0 || second < 0 || third < 0) return undefined
  const text = line.subarray(third + 1)
  const content = line[second + 1] === PARTIAL ? Buffer.from(text) : Buffer.concat([text, Buffer.from('\n')])
  return { time: line.toString('latin1', 0, first), stream: line.toString('latin1', first + 1, second), content }
}
