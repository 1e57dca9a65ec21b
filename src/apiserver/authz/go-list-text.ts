/** A list of strings as Go's `%q` prints it: `["get" "list"]`. */
export function goListText(values: readonly string[] | undefined): string {
  return `[${(values ?? []).map((value) => JSON.stringify(value)).join(' ')}]`
}
