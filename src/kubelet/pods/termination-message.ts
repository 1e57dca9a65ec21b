import { open } from 'node:fs/promises'
import type { RuntimeContainer } from './runtime-pod.ts'

const MAX_MESSAGE_BYTES = 4096
const MAX_LOG_LINES = 80
const MAX_LOG_BYTES = 2048
/** Enough for the last lines and what the log puts before each. */
const LOG_TAIL_BYTES = 64 * 1024

/**
 * What an ended container says of its end: the file it wrote, or with the policy FallbackToLogsOnError its last log lines.
 * Kept to 4 KiB; empty when there is nothing.
 */
export async function terminationMessage(container: RuntimeContainer): Promise<string> {
  const { terminationMessageFile, terminationMessagePolicy, exitCode, logPath, message } = container
  const written = terminationMessageFile === '' ? '' : await head(terminationMessageFile, MAX_MESSAGE_BYTES)
  const wantsLogs = terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0 && written === ''
  return (wantsLogs ? await logTail(logPath) : written) || message
}

async function head(path: string, bytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined) // removed with its pod, or never made
  if (!file) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.subarray(0, bytesRead).toString()
  } finally {
    await file.close()
  }
}

/** The end of a CRI log: `<time> <stream> <P or F> <text>` lines without what comes before the text. */
async function logTail(path: string): Promise<string> {
  const lines = (await tail(path, LOG_TAIL_BYTES)).split('\n').slice(-MAX_LOG_LINES - 1)
  const text = lines.map(plainText).join('')
  return Buffer.from(text).subarray(-MAX_LOG_BYTES).toString()
}

async function tail(path: string, bytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined) // rotated away, or never made
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, bytes)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}

function plainText(line: string): string {
  const [, , kind, ...words] = line.split(' ')
  if (kind === undefined) return ''
  return words.join(' ') + (kind === 'F' ? '\n' : '')
}
