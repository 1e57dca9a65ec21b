let second = 0
let text = ''

/** The time as a `Date` header says it (RFC 9110, 5.6.7); made once a second. */
export function dateNow(): string {
  const now = Math.trunc(Date.now() / 1_000)
  if (now !== second) {
    second = now
    text = new Date(now * 1_000).toUTCString()
  }
  return text
}
