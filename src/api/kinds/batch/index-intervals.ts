/** How many indexes `0,2-4` names: intervals in growing order, below `completions`. A text says what is wrong. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let last = -1
  let total = 0
  for (const interval of text.split(',')) {
    const [first = '', end, ...rest] = interval.split('-')
    if (rest.length > 0) {
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`
    }
    const low = parseIndex(first, completions)
    if (typeof low === 'string') return low
    if (low <= last) return `non-increasing order, previous: ${last}, current: ${low}`
    const high = end === undefined ? low : parseIndex(end, completions)
    if (typeof high === 'string') return high
    if (end !== undefined && low >= high) return `non-increasing order, previous: ${low}, current: ${high}`
    total += high - low + 1
    last = high
  }
  return total
}

function parseIndex(text: string, completions: number): number | string {
  if (!/^[-+]?\d+$/.test(text)) return `cannot convert string to integer for index: ${JSON.stringify(text)}`
  return Number(text) >= completions ? `too large index: ${JSON.stringify(text)}` : Number(text)
}
