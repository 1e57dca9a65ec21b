import type { KeyObject } from 'node:crypto'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { ISSUER } from './claims.ts'

/** The key that signs service account tokens: ECDSA P-256, known to clients by `id`. */
export interface SigningKey {
  readonly id: string
  readonly private: KeyObject
  readonly public: KeyObject
}

/** From the private key's PEM. The id is the hash of the public key, as upstream computes it. */
export function loadSigningKey(privatePem: string): SigningKey {
  const privateKey = createPrivateKey(privatePem)
  const publicKey = createPublicKey(privateKey)
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return { id: createHash('sha256').update(spki).digest('base64url'), private: privateKey, public: publicKey }
}

/** The document at /openid/v1/jwks. */
export function jsonWebKeySet(keys: readonly SigningKey[]): object {
  return {
    keys: keys.map((key) => {
      const { kty, crv, x, y } = key.public.export({ format: 'jwk' })
      return { use: 'sig', kty, kid: key.id, crv, alg: 'ES256', x, y }
    }),
  }
}

/** The document at /.well-known/openid-configuration. `server`: the API server's own URL, `https://HOST:PORT`. */
export function openIdConfiguration(server: string): object {
  return {
    issuer: ISSUER,
    jwks_uri: `${server}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
}
