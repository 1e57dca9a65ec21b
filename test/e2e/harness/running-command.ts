import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A command that goes on running while a test reads what it prints and writes to it. Disposing kills it. */
export class RunningCommand implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<number | undefined>
  #unread = ''
  #everything = ''
  #arrived = Promise.withResolvers<void>()

  constructor([command = '', ...args]: readonly string[]) {
    this.#child = spawn(command, args)
    this.#child.stdin.on('error', () => undefined) // it ended before it read everything
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    }
    this.#ended = once(this.#child, 'close').then(([code]) => {
      this.#arrived.resolve()
      return (code as number | null) ?? undefined
    })
  }

  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Closes its standard input. */
  end(): void {
    this.#child.stdin.end()
  }

  /** Waits until the output that was not read yet matches, and answers it up to the match's end. */
  async until(pattern: RegExp, withinMs = 20_000): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(withinMs)
    for (;;) {
      const match = pattern.exec(this.#unread)
      if (match) {
        this.#unread = this.#unread.slice(match.index + match[0].length)
        return match
      }
      if (late.aborted || this.#child.exitCode !== null) throw new Error(`no ${pattern} in:\n${this.#everything}`)
      await Promise.race([this.#arrived.promise, once(late, 'abort')])
    }
  }

  /** Its exit status; undefined when it was killed. */
  async ended(): Promise<number | undefined> {
    return this.#ended
  }

  /** Everything that it has printed. */
  get output(): string {
    return this.#everything
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }

  #take(text: string): void {
    this.#unread += text
    this.#everything += text
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }
}

/** The command with a terminal of 30 rows and 100 columns as its standard streams: script(1) makes it. */
export function onTerminal(command: readonly string[]): RunningCommand {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return new RunningCommand(['script', '-qefc', `stty rows 30 cols 100; exec ${quoted}`, '/dev/null'])
}
