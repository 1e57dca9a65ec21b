import { badRequest } from '../../api/status-error.ts'
import type { TokenReview } from '../../api/types/authentication.v1.ts'
import type { UserInfo } from '../request.ts'
import { asAuthenticated } from './groups.ts'
import { ISSUER } from './tokens/claims.ts'
import type { TokenResult } from './tokens/service-account-tokens.ts'
import type { TokenAuthenticator } from './tokens/token-authenticator.ts'

/** Answers a TokenReview: the same object with its status. Throws 400 without a token. */
export async function reviewToken(review: TokenReview, tokens: TokenAuthenticator): Promise<TokenReview> {
  const { token, audiences } = review.spec
  if (!token) throw badRequest('token is required for TokenReview in authentication')
  const wanted = audiences?.length ? audiences : [ISSUER]
  return { ...review, status: statusOf(await tokens.authenticate(token, wanted)) }
}

function statusOf(result: TokenResult): TokenReview['status'] {
  switch (result.kind) {
    case 'user':
      return { authenticated: true, user: wireUser(asAuthenticated(result.user)), audiences: [...result.audiences] }
    case 'foreign':
      return { user: {}, error: 'invalid bearer token' }
    case 'invalid':
      return { user: {}, error: `[invalid bearer token, ${result.why}]` }
  }
}

/** A user as authentication.k8s.io writes it; what is empty is left out. */
export function wireUser({ name, uid, groups, extra }: UserInfo): NonNullable<TokenReview['status']['user']> {
  return {
    ...(name !== '' && { username: name }),
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups: [...groups] }),
    ...(extra && {
      extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
    }),
  }
}
