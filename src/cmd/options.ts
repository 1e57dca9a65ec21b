import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** One option of a command; `value` names its value in the help, and is absent on switches. */
export interface OptionSpec {
  readonly name: string
  readonly short?: string
  readonly value?: string
  readonly help: string
  readonly multiple?: boolean
}

export interface CommandSpec {
  readonly name: string
  /** What the help shows after the name: `FILE…`. */
  readonly operands?: string
  readonly summary: string
  readonly description?: string
  readonly options: readonly OptionSpec[]
}

/** What was given, by option name. */
export interface Given {
  readonly operands: readonly string[]
  has(name: string): boolean
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  /** A whole number within bounds; throws a UsageError that names them. */
  number(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined
}

export function parse(spec: CommandSpec, args: readonly string[]): Given {
  const options = Object.fromEntries(
    spec.options.map(({ name, short, value, multiple = false }) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const), multiple, ...(short && { short }) },
    ]),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`${plain((error as Error).message)} See 'navarch ${spec.name} --help'.`, { exitCode: 2 })
  }
  if (parsed.positionals.length > 0 && !spec.operands) {
    throw new UsageError(
      `navarch ${spec.name} takes no argument '${parsed.positionals[0]}'. See 'navarch ${spec.name} --help'.`,
      { exitCode: 2 },
    )
  }
  return new Parsed(spec, parsed)
}

/** Node's message without its advice on positional arguments. */
function plain(message: string): string {
  const sentence = message.split(/\.\s/)[0] as string
  return sentence.endsWith('.') ? sentence : `${sentence}.`
}

class Parsed implements Given {
  readonly operands: readonly string[]
  readonly #spec: CommandSpec
  readonly #values: Readonly<Record<string, unknown>>

  constructor(spec: CommandSpec, { positionals, values }: ReturnType<typeof parseArgs>) {
    this.#spec = spec
    this.operands = positionals
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values[name] === true
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined
  }

  texts(name: string): readonly string[] {
    return (this.#values[name] as string[] | undefined) ?? []
  }

  number(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new UsageError(
      `--${name} must be a whole number from ${min} to ${max}, not '${text}'. See 'navarch ${this.#spec.name} --help'.`,
      { exitCode: 2 },
    )
  }
}

export function helpText({ name, operands, summary, description, options }: CommandSpec): string {
  const rows = [...options, { name: 'help', short: 'h', help: 'show this text' } as OptionSpec].map(
    (option) => [optionText(option), option.help] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  const list = rows.map(
    ([left, help]) => `  ${left.padEnd(width)}  ${help.split('\n').join(`\n${' '.repeat(width + 4)}`)}`,
  )
  const usage = `Usage: navarch ${name} [options]${operands ? ` ${operands}` : ''}`
  return [`${usage}\n`, `${summary}${description ? `\n\n${description}` : ''}\n`, 'Options:', ...list, ''].join('\n')
}

function optionText({ name, short, value }: OptionSpec): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
}
