import { parseRequestUri } from '../../crd/go-url.ts'
import { formatCheck } from '../../crd/values/formats.ts'
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from '../../meta/names.ts'
import { formatMatching } from '../cost/call-costs.ts'
import { ArrayList } from '../values/list.ts'
import { Opaque } from '../values/opaque.ts'
import { Optional } from '../values/optional.ts'
import type { Value } from '../values/value.ts'
import { LibraryTypes } from './library-types.ts'
import { type Overload, overload } from './overload.ts'

type Check = (text: string) => readonly string[]

class NamedFormat extends Opaque {
  override readonly type = LibraryTypes.Format
  readonly #name: string
  readonly check: Check
  /** Upstream's measure of what a check costs. */
  readonly regexSize: number

  constructor(name: string, regexSize: number, check: Check) {
    super()
    this.#name = name
    this.regexSize = regexSize
    this.check = check
  }

  override equals(other: Opaque): boolean {
    return other instanceof NamedFormat && other.#name === this.#name
  }
}

/** A prefix may end with a dash, as a generated name goes on after it. Upstream: maskTrailingDash. */
const prefix =
  (check: Check): Check =>
  (text) =>
    check(text.endsWith('-') && text.length > 1 ? `${text.slice(0, -2)}a` : text)

const known =
  (format: string, problem: string): Check =>
  (text) =>
    formatCheck(format)?.(text) ? [] : [problem]

function uriErrors(text: string): readonly string[] {
  const { error } = parseRequestUri(text)
  return error === undefined ? [] : [error]
}

const FORMATS: Readonly<Record<string, NamedFormat>> = {
  dns1123Label: new NamedFormat('DNS1123Label', 30, dns1123LabelErrors),
  dns1123Subdomain: new NamedFormat('DNS1123Subdomain', 60, dns1123SubdomainErrors),
  dns1035Label: new NamedFormat('DNS1035Label', 30, dns1035LabelErrors),
  qualifiedName: new NamedFormat('QualifiedName', 60, qualifiedNameErrors),
  dns1123LabelPrefix: new NamedFormat('DNS1123LabelPrefix', 30, prefix(dns1123LabelErrors)),
  dns1123SubdomainPrefix: new NamedFormat('DNS1123SubdomainPrefix', 60, prefix(dns1123SubdomainErrors)),
  dns1035LabelPrefix: new NamedFormat('DNS1035LabelPrefix', 30, prefix(dns1035LabelErrors)),
  labelValue: new NamedFormat('LabelValue', 40, labelValueErrors),
  uri: new NamedFormat('URI', 1103, uriErrors),
  uuid: new NamedFormat('uuid', 66, known('uuid', 'does not match the UUID format')),
  byte: new NamedFormat('byte', 84, known('byte', 'invalid base64')),
  date: new NamedFormat('date', 107, known('date', 'invalid date')),
  datetime: new NamedFormat('datetime', 107, known('datetime', 'invalid datetime')),
}

function validate(format: NamedFormat, text: string): Optional {
  const problems = format.check(text)
  return Optional.of(problems.length === 0 ? undefined : new ArrayList(problems))
}

const named = (name: string): Optional => Optional.of(Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined)

/** Kubernetes' library of named formats. */
export const namedFormats: readonly Overload[] = [
  overload(
    'Format.validate(string) -> optional(list(string))',
    validate,
    formatMatching((format: Value) => (format as NamedFormat).regexSize),
  ),
  overload('format.named(string) -> optional(Format)', named),
  ...Object.entries(FORMATS).map(([name, format]) => overload(`format.${name}() -> Format`, () => format)),
]
