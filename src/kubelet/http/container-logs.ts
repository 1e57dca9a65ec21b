import type { FileHandle } from 'node:fs/promises'
import { open, stat, watch } from 'node:fs/promises'
import { badRequest } from '../../api/status-error.ts'
import type { LogLine } from './log-line.ts'
import { parseLogLine } from './log-line.ts'

/** What of a log a client wants (PodLogOptions). */
export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
  /** In ms since the epoch. */
  readonly since: number | undefined
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

/** PodLogOptions of a query; throws 400s in upstream's words. */
export function logOptions(query: URLSearchParams, now: number): LogOptions {
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = query.get('sinceTime')
  if (sinceSeconds !== undefined && sinceTime)
    throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified')
  if (tailLines !== undefined && tailLines < 0) throw badRequest('tailLines must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) throw badRequest('limitBytes must be greater than 0')
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000
  const stream = (query.get('stream') ?? 'All') as LogOptions['stream']
  return {
    follow: isTrue(query, 'follow'),
    timestamps: isTrue(query, 'timestamps'),
    tailLines,
    limitBytes,
    since,
    stream,
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d+$/.test(text)) throw badRequest(`unable to decode query: ${name} must be an integer`)
  return Number(text)
}

const isTrue = (query: URLSearchParams, name: string): boolean => ['true', '1'].includes(query.get(name) ?? '')

export interface LogFollower {
  /** Does the container still run? Asked when the log stands still. */
  stillRunning(): Promise<boolean>
}

const CHUNK_BYTES = 64 * 1024
const LOOK_AGAIN_MS = 1000

/** The log's bytes as the client wants them; with `follow` until the container ends or the signal aborts. */
export async function* containerLog(
  path: string,
  options: LogOptions,
  follower: LogFollower,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  for await (const bytes of wantedLines(path, options, follower, signal)) {
    yield bytes.length > left ? bytes.subarray(0, left) : bytes
    left -= bytes.length
    if (left <= 0) return
  }
}

async function* wantedLines(
  path: string,
  options: LogOptions,
  follower: LogFollower,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  await using reader = await LogReader.open(path)
  if (options.tailLines !== undefined) await reader.seekToTail(options.tailLines)
  while (!signal.aborted) {
    for await (const line of reader.lines()) if (isWanted(line, options)) yield render(line, options)
    if (!options.follow) return
    if (!(await follower.stillRunning())) {
      for await (const line of reader.lines()) if (isWanted(line, options)) yield render(line, options)
      return
    }
    await somethingWritten(path, signal)
    await reader.followRotation(path)
  }
}

function isWanted({ time, stream }: LogLine, options: LogOptions): boolean {
  if (options.stream !== 'All' && stream !== options.stream.toLowerCase()) return false
  return options.since === undefined || Date.parse(time) >= options.since
}

function render({ time, content }: LogLine, { timestamps }: LogOptions): Buffer {
  return timestamps ? Buffer.concat([Buffer.from(`${time} `), content]) : content
}

/** Waits for a change of the file, at most a second, since a rotation may replace it. */
async function somethingWritten(path: string, signal: AbortSignal): Promise<void> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)])
  try {
    for await (const _change of watch(path, { signal: enough })) return
  } catch {
    // The time is over, or the file was rotated away this moment: the caller looks either way.
  }
}

/** Reads whole lines of a log that grows and is rotated. */
class LogReader implements AsyncDisposable {
  #file: FileHandle
  #inode: number
  #position = 0
  #rest: Buffer = Buffer.alloc(0)

  private constructor(file: FileHandle, inode: number) {
    this.#file = file
    this.#inode = inode
  }

  static async open(path: string): Promise<LogReader> {
    const file = await open(path, 'r')
    return new LogReader(file, (await file.stat()).ino)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  /** Every whole line up to the present end. */
  async *lines(): AsyncGenerator<LogLine> {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await this.#file.read(chunk, 0, CHUNK_BYTES, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      yield* this.#split(chunk.subarray(0, bytesRead))
    }
  }

  *#split(chunk: Buffer): Generator<LogLine> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : Buffer.from(chunk)
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      const line = parseLogLine(bytes.subarray(0, end))
      if (line) yield line
      bytes = bytes.subarray(end + 1)
    }
    this.#rest = bytes
  }

  /** Moves to where the last `count` lines begin, looking from the end backwards. */
  async seekToTail(count: number): Promise<void> {
    const { size } = await this.#file.stat()
    this.#position = size
    let missing = count + 1 // the last line's own end counts too
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let end = size; end > 0 && missing > 0; ) {
      const begin = Math.max(0, end - CHUNK_BYTES)
      const { bytesRead } = await this.#file.read(chunk, 0, end - begin, begin)
      let at = bytesRead
      while (missing > 0 && at > 0) {
        at = chunk.subarray(0, at).lastIndexOf(10)
        if (at < 0) break
        missing--
        this.#position = begin + at + 1
      }
      end = begin
    }
    if (missing > 0) this.#position = 0
  }

  /** After a rotation the path names a new file: that is read from its beginning. */
  async followRotation(path: string): Promise<void> {
    const present = await stat(path).catch(() => undefined)
    if (!present || present.ino === this.#inode) return
    const file = await open(path, 'r')
    await this.#file.close()
    this.#file = file
    this.#inode = present.ino
    this.#position = 0
    this.#rest = Buffer.alloc(0)
  }
}
