const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const SEQUENCES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}
const MEANINGS: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' }

export const isReserved = (name: string): boolean => RESERVED.has(name)

/** The name of a property in expressions; undefined for one that they cannot name. Upstream: cel.Escape. */
export function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined
  if (RESERVED.has(name)) return `__${name}__`
  return name.replace(/__|[-./]/g, (part) => SEQUENCES[part] ?? part)
}

/** The property that a name of an expression means; undefined for one that means none. Upstream: cel.Unescape. */
export function unescapeName(escaped: string): string | undefined {
  if (!escaped.includes('__')) return escaped
  let isValid = true
  const name = escaped.replace(/__([^_]+)__/g, (sequence, content: string) => {
    const isWhole = sequence.length === escaped.length
    if (!Object.hasOwn(MEANINGS, content) && !(RESERVED.has(content) && isWhole)) isValid = false
    return MEANINGS[content] ?? content
  })
  return isValid ? name : undefined
}
