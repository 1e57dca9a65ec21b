/** Several errors as one text, as apimachinery's Aggregate writes them: one bare, more as `[a, b]`, repetitions once. */
export function aggregateText(errors: readonly string[]): string {
  const distinct = [...new Set(errors)]
  return distinct.length === 1 ? (distinct[0] as string) : `[${distinct.join(', ')}]`
}
