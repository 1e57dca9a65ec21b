import { type ParseArgsConfig, parseArgs } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values']

export interface Program<T extends Options> {
  /** As one types it, without flags: `npm run fuzz --`. */
  readonly command: string
  /** What it does, in a sentence or two. */
  readonly does: string
  /** Options whose default is a number take numbers only. */
  readonly options: T
  /** What has to be given. */
  readonly required?: readonly (keyof T & string)[]
}

/** The flags of this process. Ends it after `--help`, and with status 2 and a sentence for what the program cannot take. */
export function flags<T extends Options>(program: Program<T>): Values<T> {
  const reading = readFlags(program, process.argv.slice(2))
  if (reading.status === undefined) return reading.values
  const { status, text } = reading
  const output = status === 0 ? process.stdout : process.stderr
  output.write(text)
  process.exit(status)
}

type Reading<T extends Options> =
  | { readonly values: Values<T>; readonly status?: undefined; readonly text?: undefined }
  /** To say this and to end is what is left. */
  | { readonly values?: undefined; readonly status: 0 | 2; readonly text: string }

export function readFlags<T extends Options>(program: Program<T>, args: readonly string[]): Reading<T> {
  if (args.includes('--help') || args.includes('-h')) return { status: 0, text: helpText(program) }
  const refusal = (sentence: string): Reading<T> => ({ status: 2, text: `${sentence}\n\n${helpText(program)}` })
  try {
    const { values } = parseArgs({ args: [...args], options: program.options })
    const wrong = whatIsWrong(program, values as Readonly<Record<string, unknown>>)
    return wrong === undefined ? { values: values as Values<T> } : refusal(wrong)
  } catch (error) {
    return refusal((error as Error).message.split('. ')[0] as string) // what else Node says is about other programs
  }
}

function whatIsWrong<T extends Options>(
  { options, required = [] }: Program<T>,
  values: Readonly<Record<string, unknown>>,
) {
  const missing = required.find((name) => !values[name])
  if (missing !== undefined) return `--${missing} is needed`
  for (const [name, { default: normal }] of Object.entries(options)) {
    const value = values[name]
    if (isNumber(normal) && !isNumber(value)) return `--${name} takes a number, not '${value}'`
  }
  return undefined
}

const isNumber = (value: unknown): boolean => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)

function helpText<T extends Options>({ command, does, options, required = [] }: Program<T>): string {
  const lines = Object.entries(options).map(([name, { type, default: normal }]) => {
    const value = type === 'boolean' ? '' : required.includes(name) ? ' … (needed)' : normal ? ` ${normal}` : ' …'
    return `  --${name}${value}\n`
  })
  return `${does}\n\n${command} [flags], here with their defaults:\n${lines.join('')}`
}
