/** What no value of a header field may hold (RFC 9110, 5.5): it could begin another field, or another message. */
export const UNFIT = /[^\t\x20-\x7e\x80-\xff]/

/** Optional white space is spaces and tabs alone (RFC 9110, 5.6.3). */
export function withoutSpace(value: string): string {
  let [start, end] = [0, value.length]
  while (start < end && isSpace(value.charCodeAt(start))) start++
  while (end > start && isSpace(value.charCodeAt(end - 1))) end--
  return value.slice(start, end)
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09
