/** Something the user can put right: shown as one sentence, with the remedy, and without a stack. */
export class UsageError extends Error {
  readonly exitCode: number

  constructor(message: string, { exitCode = 1, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'UsageError'
    this.exitCode = exitCode
  }
}
