import { EvaluationError } from './evaluation-error.ts'

const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)
const UNITS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
}
const DURATION = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const PART = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g

/** A length of time, as Go has it: nanoseconds in 64 bits. */
export class Duration {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }

  /** Throws EvaluationError where the nanoseconds do not fit. */
  static checked(nanos: bigint): Duration {
    if (nanos > MAX || nanos < MIN) throw new EvaluationError('integer overflow')
    return new Duration(nanos)
  }

  /** Go's notation, `1h2.5s`; undefined for what is none. */
  static parse(text: string): Duration | undefined {
    if (/^[-+]?0$/.test(text)) return new Duration(0n)
    if (!DURATION.test(text)) return undefined
    let nanos = 0n
    for (const [, whole, fraction = '', unit = ''] of text.matchAll(PART)) {
      const factor = UNITS[unit] as bigint
      nanos += BigInt(whole || '0') * factor + (BigInt(fraction || '0') * factor) / 10n ** BigInt(fraction.length)
    }
    const signed = text.startsWith('-') ? -nanos : nanos
    return signed > MAX || signed < MIN ? undefined : new Duration(signed)
  }

  /** Go's float of seconds, which loses nanoseconds of long durations. */
  get seconds(): number {
    const whole = this.nanos / 1_000_000_000n
    return Number(whole) + Number(this.nanos % 1_000_000_000n) / 1e9
  }

  /** `3723.004s`. */
  toString(): string {
    return `${plainNumber(this.seconds)}s`
  }
}

/** A number without exponent. */
function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text
}
