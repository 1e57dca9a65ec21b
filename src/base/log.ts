/** Facts that go with a message: values are written as JSON; an Error by its message. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>

export const LogLevel = { Debug: 10, Info: 20, Warn: 30, Error: 40 } as const
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel]

/** Structured logging: messages are constant sentences, what varies is in the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger
}

export interface LoggerOptions {
  /** Lines below this level are dropped; quiet by default: warnings and errors. */
  level?: LogLevel
  write?: (line: string) => void
  now?: () => number
}

/** One JSON object a line: `{"time":…,"level":"warn","message":…, …fields}`. */
export function createLogger(options: LoggerOptions = {}, bound: LogFields = {}): Logger {
  const { level = LogLevel.Warn, write = (line) => process.stderr.write(line), now = Date.now } = options
  const logAt = (name: string, rank: LogLevel) => (message: string, fields?: LogFields) => {
    if (rank < level) return
    const time = new Date(now()).toISOString()
    write(`${JSON.stringify({ time, level: name, message, ...bound, ...fields }, errorsAsText)}\n`)
  }
  return {
    debug: logAt('debug', LogLevel.Debug),
    info: logAt('info', LogLevel.Info),
    warn: logAt('warn', LogLevel.Warn),
    error: logAt('error', LogLevel.Error),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  }
}

function errorsAsText(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

/** Drops everything. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
}
