/** What a file of descriptions says of a type, or of all types that a pattern with `*` fits. */
export interface DescribedType {
  /** The heading: `PodSpec` or `*Condition`. */
  readonly name: string
  /** Another type whose fields this one has: what is not said here holds from there. */
  readonly like?: string
  readonly text: string
  readonly fields: ReadonlyMap<string, string>
}

const HEADING = /^## (\S+)(?: \(like (\S+)\))?$/
const FIELD = /^- ([^\s:]+): (.*)$/

/**
 * Reads a file of descriptions: `## Type` or `## Type (like OtherType)`, a paragraph on the type, and a list of
 * `- field: sentences`. Lines that are indented go on with the entry before them. Throws at a line that is none of these.
 */
export function parseDescriptions(markdown: string): DescribedType[] {
  const sections = markdown.split(/^(?=## )/m)
  return sections.filter((section) => section.startsWith('## ')).map(parseSection)
}

function parseSection(section: string): DescribedType {
  const [heading = '', ...lines] = section.split('\n')
  const [, name, like] = HEADING.exec(heading) ?? []
  if (!name) throw new Error(`not the heading of a type: ${heading}`)
  const text: string[] = []
  const fields = new Map<string, string>()
  let field: string | undefined
  for (const line of lines.filter((line) => line !== '')) {
    const [, begun, rest = ''] = FIELD.exec(line) ?? []
    if (begun) {
      field = begun
      fields.set(field, rest)
    } else if (field === undefined) text.push(line)
    else if (line.startsWith('  ')) fields.set(field, `${fields.get(field)} ${line.trimStart()}`)
    else throw new Error(`${name}: neither a field nor the rest of one: ${line}`)
  }
  return { name, ...(like && { like }), text: text.join(' '), fields }
}
