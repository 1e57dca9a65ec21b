import { commands } from './commands.ts'
import { helpText, parse } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Runs the command that the arguments name; returns the exit status: 0 well, 1 failed, 2 wrongly called. */
export async function main(args: readonly string[]): Promise<number> {
  outliveOutput()
  try {
    return await dispatch(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`navarch: ${error.message}\n`)
    return error.exitCode
  }
}

/** A log on a full disk, or a reader that went away, must not take the program with it. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error') === 0) stream.on('error', () => undefined)
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  if (args.length === 0 || ['--help', '-h', 'help'].includes(args[0] as string)) return print(overview())
  if (args[0] === '--version') return dispatch(['version'])
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word))
  if (!command) return unknown(args)
  const rest = args.slice(command.name.split(' ').length)
  if (rest.includes('--help') || rest.includes('-h')) return print(helpText(command))
  const given = parse(command, rest)
  const { run } = await command.load()
  return run(given)
}

function unknown(args: readonly string[]): never {
  const group = commands.filter(({ name }) => name.startsWith(`${args[0]} `))
  const known = group.length > 0 ? group : commands
  throw new UsageError(`unknown command '${args.join(' ')}'. Known are: ${known.map(({ name }) => name).join(', ')}.`, {
    exitCode: 2,
  })
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'Navarch: Kubernetes, whole, in one program.\n',
    'Usage: navarch COMMAND [options]\n',
    'Commands:',
    ...list,
    "\n'navarch COMMAND --help' tells more of a command.\n",
  ].join('\n')
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
