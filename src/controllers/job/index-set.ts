/** Completion indexes as text, `0,2-4`: each run in growing order. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b)
  const runs: [number, number][] = []
  for (const index of sorted) {
    const last = runs.at(-1)
    if (last && index === last[1] + 1) last[1] = index
    else runs.push([index, index])
  }
  return runs
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join()
}

/** The indexes that a text names, those of `completions` and above left out. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>()
  for (const run of text ? text.split(',') : []) {
    const [first = 0, last = first] = run.split('-').map(Number)
    for (let index = first; index <= last && index < completions; index++) indexes.add(index)
  }
  return indexes
}
