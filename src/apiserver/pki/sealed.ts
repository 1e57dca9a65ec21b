import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'

/** A text that only who knows the token can read or change. Binary parts are in base64. */
export interface Sealed {
  readonly kdf: { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number }
  readonly salt: string
  readonly cipher: 'aes-256-gcm'
  readonly nonce: string
  readonly tag: string
  readonly data: string
}

/** RFC 7914 with OWASP's parameters for interactive use: 64 MB and a tenth of a second for a guess. */
const KDF = { name: 'scrypt', N: 2 ** 16, r: 8, p: 1 } as const
const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12

/** The token is not the one that sealed the text, or the text was changed since. */
export class CannotUnseal extends Error {
  override readonly name = 'CannotUnseal'
}

/** `purpose` is bound to the text: it cannot be passed off as another. */
export async function seal(text: string, token: string, purpose: string): Promise<Sealed> {
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
  const cipher = createCipheriv(CIPHER, await keyOf(token, salt, KDF), nonce)
  cipher.setAAD(Buffer.from(purpose))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const [saltText, nonceText, tag] = [salt, nonce, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'))
  return {
    kdf: KDF,
    salt: saltText as string,
    cipher: CIPHER,
    nonce: nonceText as string,
    tag: tag as string,
    data: data.toString('base64'),
  }
}

/** Throws CannotUnseal. */
export async function unseal(sealed: Sealed, token: string, purpose: string): Promise<string> {
  const [salt, nonce, tag, data] = [sealed.salt, sealed.nonce, sealed.tag, sealed.data].map((text) =>
    Buffer.from(text, 'base64'),
  ) as [Buffer, Buffer, Buffer, Buffer]
  const decipher = createDecipheriv(CIPHER, await keyOf(token, salt, sealed.kdf), nonce)
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new CannotUnseal('the token does not open it', { cause: error })
  }
}

function keyOf(token: string, salt: Buffer, { N, r, p }: Sealed['kdf']): Promise<Buffer> {
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(token, salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
