const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const ESCAPES = /\\(?:([xX])([0-9a-fA-F]{2})|(u)([0-9a-fA-F]{4})|(U)([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g

/** The text of a string token, quotes and escapes resolved. Throws Error on a code point that is none. */
export function stringLiteral(token: string): string {
  const { body, raw } = unquote(token)
  if (raw) return body
  return body.replace(ESCAPES, (_, __, hex, ___, short, ____, long, octal, plain) => {
    const digits = hex ?? short ?? long
    if (digits !== undefined) return codePoint(Number.parseInt(digits, 16))
    return octal === undefined ? (SIMPLE[plain] ?? plain) : codePoint(Number.parseInt(octal, 8))
  })
}

/** The bytes of a bytes token: \x and octal escapes are bytes, everything else is its UTF-8. */
export function bytesLiteral(token: string): Uint8Array {
  const { body, raw } = unquote(token.slice(1))
  if (raw) return Buffer.from(body)
  const parts: Uint8Array[] = []
  let last = 0
  for (const match of body.matchAll(ESCAPES)) {
    parts.push(Buffer.from(body.slice(last, match.index)))
    const byte = match[2] ?? undefined
    if (byte !== undefined) parts.push(Buffer.from(byte, 'hex'))
    else if (match[7] !== undefined) parts.push(Buffer.from([Number.parseInt(match[7], 8)]))
    else parts.push(Buffer.from(stringLiteral(`"${match[0]}"`)))
    last = match.index + match[0].length
  }
  parts.push(Buffer.from(body.slice(last)))
  return Buffer.concat(parts)
}

function unquote(token: string): { body: string; raw: boolean } {
  const raw = /^[rR]/.test(token)
  const quoted = raw ? token.slice(1) : token
  const width = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1
  return { body: quoted.slice(width, -width).replaceAll('\r\n', '\n').replaceAll('\r', '\n'), raw }
}

function codePoint(value: number): string {
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) throw new Error('invalid unicode code point')
  return String.fromCodePoint(value)
}
