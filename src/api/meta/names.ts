import { NameRule } from '../resource.ts'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const NAME_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const ENDS = 'must start and end with an alphanumeric character'

interface Format {
  readonly pattern: RegExp
  readonly maxBytes: number
  /** What to say of a value that does not fit, as upstream's RegexError puts it. */
  readonly problem: string
}

function format(maxBytes: number, pattern: string, text: string, ...examples: string[]): Format {
  const list = examples.map((example) => `'${example}', `).join(' or ')
  const problem = `${text} (e.g. ${list}regex used for validation is '${pattern}')`
  return { maxBytes, pattern: new RegExp(`^${pattern}$`), problem }
}

const dns1123Label = format(
  63,
  LABEL,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${ENDS}`,
  'my-name',
  '123-abc',
)
const dns1123Subdomain = format(
  253,
  `${LABEL}(\\.${LABEL})*`,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${ENDS}`,
  'example.com',
)
const dns1035Label = format(
  63,
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
)
const labelValue = format(
  63,
  `(${NAME_PART})?`,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}`,
  'MyValue',
  'my_value',
  '12345',
)
const namePart = format(
  63,
  NAME_PART,
  `must consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}`,
  'MyName',
  'my.name',
  '123-abc',
)

const NONE: readonly string[] = []

/**
 * Upstream counts bytes everywhere, but calls them characters in what it says of names, bytes in what it says of labels.
 */
type Unit = 'characters' | 'bytes'

function check(value: string, { maxBytes, pattern, problem }: Format, unit: Unit): readonly string[] {
  const fits = pattern.test(value)
  if (fits && value.length <= maxBytes) return NONE
  const tooLong = Buffer.byteLength(value) > maxBytes ? [`must be no more than ${maxBytes} ${unit}`] : []
  return fits ? tooLong : [...tooLong, problem]
}

/** Each gives the texts of what is wrong with a value, none when it is right. */
export const dns1123SubdomainErrors = (value: string): readonly string[] => check(value, dns1123Subdomain, 'characters')
export const dns1035LabelErrors = (value: string): readonly string[] => check(value, dns1035Label, 'characters')
export const labelValueErrors = (value: string): readonly string[] => check(value, labelValue, 'bytes')

/** A subdomain that is no label has dots, and that is what upstream says. */
export function dns1123LabelErrors(value: string): readonly string[] {
  const texts = check(value, dns1123Label, 'characters')
  if (texts.length === 0 || !dns1123Subdomain.pattern.test(value) || dns1123Label.pattern.test(value)) return texts
  return texts.map((text) => (text === dns1123Label.problem ? 'must not contain dots' : text))
}

/** A label's key: `name` or `example.com/name`. */
export function qualifiedNameErrors(value: string): readonly string[] {
  const slash = value.indexOf('/')
  if (slash < 0) return namePartErrors(value)
  if (value.includes('/', slash + 1)) {
    return [
      `a valid label key ${namePart.problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const prefix = value.slice(0, slash)
  const prefixErrors = prefix === '' ? ['must be non-empty'] : check(prefix, dns1123Subdomain, 'bytes')
  const ofName = namePartErrors(value.slice(slash + 1))
  return prefixErrors.length === 0 ? ofName : [...prefixErrors.map((text) => `prefix part ${text}`), ...ofName]
}

function namePartErrors(name: string): readonly string[] {
  const texts = name === '' ? ['must be non-empty', namePart.problem] : check(name, namePart, 'bytes')
  return texts.length === 0 ? NONE : texts.map((text) => `name part ${text}`)
}

/** A name that stands in a URL path between slashes. */
function pathSegmentErrors(name: string, asPrefix: boolean): readonly string[] {
  if (!asPrefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`)
}

const RULES: Readonly<Record<NameRule, (name: string) => readonly string[]>> = {
  [NameRule.Dns1123Subdomain]: dns1123SubdomainErrors,
  [NameRule.Dns1123Label]: dns1123LabelErrors,
  [NameRule.Dns1035Label]: dns1035LabelErrors,
  [NameRule.PathSegment]: (name) => pathSegmentErrors(name, false),
}

/** What is wrong with a name under a kind's rule. */
export const nameErrors = (rule: NameRule, name: string): readonly string[] => RULES[rule](name)

/** What is wrong with a generateName: it may end in a dash, since more follows. */
export function namePrefixErrors(rule: NameRule, prefix: string): readonly string[] {
  if (rule === NameRule.PathSegment) return pathSegmentErrors(prefix, true)
  const masked = prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix
  return RULES[rule](masked)
}
