const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const NAME_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

interface Rule {
  readonly format: RegExp
  readonly maxLength: number
  /** The whole text about the format, as upstream's `RegexError` puts it. */
  readonly problem: string
}

const LOWERCASE = "must consist of lower case alphanumeric characters"
const ENDS = 'must start and end with an alphanumeric character'

const dns1123Label = rule(63, LABEL, `a lowercase RFC 1123 label ${LOWERCASE} or '-', and ${ENDS}`, 'my-name', '123-abc')
const dns1123Subdomain = rule(
  253,
  `${LABEL}(\\.${LABEL})*`,
  `a lowercase RFC 1123 subdomain ${LOWERCASE}, '-' or '.', and ${ENDS}`,
  'example.com',
)
const searchDomain = rule(
  253,
  `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`,
  `a lowercase RFC 1123 subdomain ${LOWERCASE}, '_', '-' or '.', and ${ENDS}`,
  'example.com',
)
const labelValue = rule(
  63,
  `(${NAME_PART})?`,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}`,
  'MyValue',
  'my_value',
  '12345',
)
const namePart = rule(
  63,
  NAME_PART,
  `must consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}`,
  'MyName',
  'my.name',
  '123-abc',
)
const httpHeader = rule(
  Number.MAX_SAFE_INTEGER,
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  'X-Header-Name',
)

function rule(maxLength: number, format: string, text: string, ...examples: string[]): Rule {
  const list = examples.map((example) => `'${example}', `).join(' or ')
  const problem = `${text} (e.g. ${list}regex used for validation is '${format}')`
  return { maxLength, format: new RegExp(`^${format}$`), problem }
}

const NONE: readonly string[] = []

function check(value: string, { maxLength, format, problem }: Rule): readonly string[] {
  if (value.length <= maxLength && format.test(value)) return NONE
  const problems: string[] = []
  if (value.length > maxLength) problems.push(`must be no more than ${maxLength} characters`)
  if (!format.test(value)) problems.push(problem)
  return problems
}

/** Each rule gives the texts of what is wrong with a value, none when it is right. */
export const dns1123LabelErrors = (value: string): readonly string[] => check(value, dns1123Label)
export const dns1123SubdomainErrors = (value: string): readonly string[] => check(value, dns1123Subdomain)
/** A DNS search domain may also have underscores. */
export const searchDomainErrors = (value: string): readonly string[] => check(value, searchDomain)
export const labelValueErrors = (value: string): readonly string[] => check(value, labelValue)
export const httpHeaderErrors = (value: string): readonly string[] => check(value, httpHeader)

/** A label's key: `name` or `example.com/name`. */
export function qualifiedNameErrors(value: string): readonly string[] {
  const slash = value.indexOf('/')
  if (slash < 0) return namePartErrors(value)
  if (value.indexOf('/', slash + 1) > 0) {
    return [`a valid label key ${namePart.problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const prefix = value.slice(0, slash)
  const prefixErrors = prefix === '' ? ['must be non-empty'] : dns1123SubdomainErrors(prefix)
  const nameErrors = namePartErrors(value.slice(slash + 1))
  return prefixErrors.length === 0 ? nameErrors : [...prefixErrors.map((text) => `prefix part ${text}`), ...nameErrors]
}

function namePartErrors(name: string): readonly string[] {
  const problems = name === '' ? ['must be non-empty', namePart.problem] : check(name, namePart)
  return problems.length === 0 ? NONE : problems.map((text) => `name part ${text}`)
}
