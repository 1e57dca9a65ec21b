/** One line on the terminal that is written over; elsewhere a line of its own, every few seconds at most. */
export class ProgressLine implements Disposable {
  readonly #begin = performance.now()
  #next = 0
  #width = 0

  update(text: string): void {
    const now = performance.now()
    if (now < this.#next) return
    const line = `navarch: ${text} (${((now - this.#begin) / 1_000).toFixed(0)} s)`
    if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(this.#width)}`)
    else process.stderr.write(`${line}\n`)
    this.#next = now + (process.stderr.isTTY ? 100 : 3_000)
    this.#width = line.length
  }

  [Symbol.dispose](): void {
    if (process.stderr.isTTY && this.#width > 0) process.stderr.write(`\r${' '.repeat(this.#width)}\r`)
  }
}

/** `1.5 MB`. */
export function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${bytes} B`
}
