import { fileURLToPath } from 'node:url'
import type { CommandOptions, CommandResult } from './command.ts'
import { runCommand } from './command.ts'

/** The program under test. */
export const NAVARCH = fileURLToPath(new URL('../../../navarch', import.meta.url))

/** Runs `navarch` and answers how it ended. A minute is enough for any command that returns. */
export function navarch(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand(NAVARCH, args, options)
}
