import type { SigningKey } from './signing-key.ts'

/** Longer tokens are not ours: they would only cost memory and time. */
const MAX_TOKEN_BYTES = 16 * 1024

/**
 * The payload of a compact JWS that one of the keys signed with ES256; undefined for everything else. Claims are not
 * looked at. jose is loaded with the first token.
 */
export async function verifySignature(
  token: string,
  keys: readonly SigningKey[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (token.length > MAX_TOKEN_BYTES || token.split('.').length !== 3) return undefined
  const { compactVerify } = await import('jose')
  for (const key of keys) {
    try {
      const { payload } = await compactVerify(token, key.public, { algorithms: ['ES256'] })
      return parseObject(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    } catch {
      // signed by another key, or not well-formed: the next key may know it, and no key means no user
    }
  }
  return undefined
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
