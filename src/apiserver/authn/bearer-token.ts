import type { IncomingHttpHeaders } from 'node:http'
import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts'
import type { TokenAuthenticator } from './tokens/token-authenticator.ts'

const WEBSOCKET_PREFIX = 'base64url.bearer.authorization.k8s.io.'

/** Users by tokens, in `Authorization: Bearer` or, from browsers, a WebSocket subprotocol. */
export class BearerTokenAuthenticator implements Authenticator {
  readonly #tokens: TokenAuthenticator

  constructor(tokens: TokenAuthenticator) {
    this.#tokens = tokens
  }

  async authenticate({ headers }: Credentials): Promise<AuthenticationResult> {
    const token = bearerToken(headers)
    if (token === undefined) return { kind: 'anonymous' }
    const result = await this.#tokens.authenticate(token)
    switch (result.kind) {
      case 'user':
        return { kind: 'user', user: result.user }
      case 'foreign':
        return { kind: 'invalid', why: 'invalid bearer token' }
      case 'invalid':
        return { kind: 'invalid', why: `[invalid bearer token, ${result.why}]` }
    }
  }
}

function bearerToken({ authorization, ...headers }: IncomingHttpHeaders): string | undefined {
  if (authorization !== undefined) {
    const [scheme, token] = authorization.trim().split(' ')
    return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
  }
  const protocols = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim()) ?? []
  const encoded = protocols.find((protocol) => protocol.startsWith(WEBSOCKET_PREFIX))?.slice(WEBSOCKET_PREFIX.length)
  return encoded ? Buffer.from(encoded, 'base64url').toString() : undefined
}
