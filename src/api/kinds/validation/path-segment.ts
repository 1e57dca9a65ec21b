const FORBIDDEN = ['/', '%']

/** What keeps a name from being one segment of an API path; empty when nothing does. */
export function pathSegmentErrors(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return FORBIDDEN.filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)
}
