import { traversal } from '../cost/call-costs.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { Opaque } from '../values/opaque.ts'
import { LibraryTypes } from './library-types.ts'
import { type Overload, overload } from './overload.ts'

class Semver extends Opaque {
  override readonly type = LibraryTypes.Semver
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly #prerelease: readonly string[]

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super()
    this.numbers = numbers
    this.#prerelease = prerelease
  }

  override equals(other: Opaque): boolean {
    return other instanceof Semver && this.compare(other) === 0n
  }

  /** Build data does not count; a version comes after its prereleases. */
  compare(other: Semver): bigint {
    for (const [index, number] of this.numbers.entries()) {
      const theirs = other.numbers[index] as bigint
      if (number !== theirs) return number < theirs ? -1n : 1n
    }
    return comparePrereleases(this.#prerelease, other.#prerelease)
  }
}

function comparePrereleases(a: readonly string[], b: readonly string[]): bigint {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 0n : a.length === 0 ? 1n : -1n
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareIdentifiers(a[index] as string, b[index] as string)
    if (order !== 0n) return order
  }
  return a.length === b.length ? 0n : a.length < b.length ? -1n : 1n
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): bigint {
  if (a === b) return 0n
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber !== otherIsNumber) return isNumber ? -1n : 1n
  const isLess = isNumber ? BigInt(a) < BigInt(b) : a < b
  return isLess ? -1n : 1n
}

const PARTS = ['Major', 'Minor', 'Patch'] as const
const IDENTIFIER = /^[0-9A-Za-z-]+$/

/** The version, or what is wrong with the text. */
function readSemver(text: string): Semver | string {
  if (text === '') return 'Version string empty'
  const parts = text.split('.')
  if (parts.length < 3) return 'No Major.Minor.Patch elements found'
  const rest = parts.slice(2).join('.')
  const [, patch = '', prerelease, build] = /^([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(rest) ?? []
  const numbers = [parts[0] ?? '', parts[1] ?? '', patch]
  for (const [index, number] of numbers.entries()) {
    const problem = numberProblem(number, PARTS[index] as string)
    if (problem !== undefined) return problem
  }
  const identifiers = prerelease === undefined ? [] : prerelease.split('.')
  const problem = identifiersProblem(identifiers, build === undefined ? [] : build.split('.'))
  return problem ?? new Semver(numbers.map(BigInt) as unknown as [bigint, bigint, bigint], identifiers)
}

function numberProblem(number: string, part: string): string | undefined {
  if (!/^\d*$/.test(number))
    return `Invalid character(s) found in ${part.toLowerCase()} number ${JSON.stringify(number)}`
  if (/^0\d/.test(number)) return `${part} number must not contain leading zeroes ${JSON.stringify(number)}`
  return number === '' ? `strconv.ParseUint: parsing "": invalid syntax` : undefined
}

function identifiersProblem(prerelease: readonly string[], build: readonly string[]): string | undefined {
  for (const identifier of prerelease) {
    if (identifier === '') return 'Prerelease is empty'
    if (/^0\d+$/.test(identifier))
      return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(identifier)}`
    if (!IDENTIFIER.test(identifier)) return `Invalid character(s) found in prerelease ${JSON.stringify(identifier)}`
  }
  for (const identifier of build) {
    if (identifier === '') return 'Build meta data is empty'
    if (!IDENTIFIER.test(identifier))
      return `Invalid character(s) found in build meta data ${JSON.stringify(identifier)}`
  }
  return undefined
}

/** Without a leading `v` and leading zeros, and with the numbers that are missing. */
function normalised(text: string): string {
  const parts = text.replace(/^v/, '').split('.')
  const head = [...parts.slice(0, 2), ...(parts.length > 2 ? [parts.slice(2).join('.')] : [])]
  const plain = head.map((part) => part.replace(/^0+(?=\d)/, ''))
  if (plain.length < 3 && /[+-]/.test(plain.at(-1) ?? '')) {
    throw new EvaluationError('short version cannot contain PreRelease/Build meta data')
  }
  return [...plain, '0', '0'].slice(0, 3).join('.')
}

function semverOf(text: string, normalise = false): Semver {
  const version = readSemver(normalise ? normalised(text) : text)
  if (typeof version === 'string') throw new EvaluationError(version)
  return version
}

function isSemver(text: string, normalise = false): boolean {
  try {
    semverOf(text, normalise)
    return true
  } catch {
    return false
  }
}

/** Version 1 of Kubernetes' library of semantic versions. */
export const semvers: readonly Overload[] = [
  overload('semver(string) -> Semver', (text: string) => semverOf(text), traversal(0)),
  overload('semver(string, bool) -> Semver', semverOf, traversal(0)),
  overload('isSemver(string) -> bool', (text: string) => isSemver(text), traversal(0)),
  overload('isSemver(string, bool) -> bool', isSemver, traversal(0)),
  overload('Semver.isGreaterThan(Semver) -> bool', (a: Semver, b: Semver) => a.compare(b) > 0n),
  overload('Semver.isLessThan(Semver) -> bool', (a: Semver, b: Semver) => a.compare(b) < 0n),
  overload('Semver.compareTo(Semver) -> int', (a: Semver, b: Semver) => a.compare(b)),
  ...(['major', 'minor', 'patch'] as const).map((part, index) =>
    overload(`Semver.${part}() -> int`, ({ numbers }: Semver) => numbers[index] as bigint),
  ),
]
