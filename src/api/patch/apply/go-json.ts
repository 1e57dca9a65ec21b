const HTML = /[<>&\u2028\u2029]/g

/** JSON as Go writes it by default: safe within HTML. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean' || text.search(HTML) === -1) return text
  return text.replace(HTML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
