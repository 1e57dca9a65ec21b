import { BearerTokenAuthenticator } from '../../apiserver/authn/bearer-token.ts'
import { ClientCertificateAuthenticator } from '../../apiserver/authn/client-certificate.ts'
import { FrontProxyAuthenticator } from '../../apiserver/authn/front-proxy.ts'
import { reviewSelfSubject } from '../../apiserver/authn/self-subject-review.ts'
import { reviewToken } from '../../apiserver/authn/token-review.ts'
import { BootstrapTokens } from '../../apiserver/authn/tokens/bootstrap-tokens.ts'
import { ServiceAccountTokens } from '../../apiserver/authn/tokens/service-account-tokens.ts'
import { loadSigningKey } from '../../apiserver/authn/tokens/signing-key.ts'
import type { TokenAuthenticator } from '../../apiserver/authn/tokens/token-authenticator.ts'
import { firstOf } from '../../apiserver/authn/tokens/token-authenticator.ts'
import { TokenIssuer } from '../../apiserver/authn/tokens/token-issuer.ts'
import { UnionAuthenticator } from '../../apiserver/authn/union.ts'
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSubjectAccess,
} from '../../apiserver/authz/access-review.ts'
import type { Authorizer } from '../../apiserver/authz/authorizer.ts'
import { NodeAuthorizer } from '../../apiserver/authz/node/node-authorizer.ts'
import { NodeGraph } from '../../apiserver/authz/node/node-graph.ts'
import { RbacAuthorizer } from '../../apiserver/authz/rbac/rbac-authorizer.ts'
import { RbacIndex } from '../../apiserver/authz/rbac/rbac-index.ts'
import { reviewSelfSubjectRules } from '../../apiserver/authz/rules-review.ts'
import { systemMasters } from '../../apiserver/authz/system-masters.ts'
import { UnionAuthorizer } from '../../apiserver/authz/union.ts'
import { loadRbacPolicy, nodeRules } from '../../apiserver/bootstrap/rbac-policy.ts'
import type { Answer } from '../../apiserver/handler/create-only.ts'
import type { Pki } from '../../apiserver/pki/pki.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informers } from '../../client/informers.ts'

export interface IdentityDeps {
  readonly pki: Pki
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
}

/** Who may ask the API server, what they may do, and the questions about that which it answers itself. */
export interface Identity {
  readonly authenticator: UnionAuthenticator
  readonly authorizer: Authorizer
  readonly rbac: RbacIndex
  readonly answers: Readonly<Record<string, Answer>>
}

export function createIdentity({ pki, client, informers, clock }: IdentityDeps): Identity {
  const signingKey = loadSigningKey(pki.serviceAccountKey)
  const { serviceAccounts, pods, secrets, nodes } = informers
  const listers = {
    serviceAccounts: serviceAccounts.lister,
    pods: pods.lister,
    secrets: secrets.lister,
    nodes: nodes.lister,
  }
  const accounts = new ServiceAccountTokens({ keys: [signingKey], clock, ...listers })
  const tokens = firstOf(new BootstrapTokens({ secrets: secrets.lister, clock }), accounts)
  const rbac = new RbacIndex(informers)
  const node = new NodeAuthorizer(new NodeGraph(informers), nodeRules(loadRbacPolicy()))
  const authorizer = new UnionAuthorizer([systemMasters, node, new RbacAuthorizer(rbac)])
  const authenticator = new UnionAuthenticator([
    new FrontProxyAuthenticator({ authorities: () => pki.authority('front-proxy-ca'), clock }),
    new ClientCertificateAuthenticator({ authorities: () => pki.authority('ca'), clock }),
    new BearerTokenAuthenticator(tokens),
  ])
  const issuer = new TokenIssuer({
    key: signingKey,
    clock,
    getServiceAccount: (name, signal) => client.serviceAccounts.get(name, { signal }),
    getPod: (name, signal) => client.pods.get(name, { signal }),
    getSecret: (name, signal) => client.secrets.get(name, { signal }),
    getNode: (name, signal) => client.nodes.get(name, { signal }),
  })
  return { authenticator, authorizer, rbac, answers: answersOf({ tokens, issuer, authorizer, rbac }) }
}

/** Signs claims as they are: tokens in Secrets never expire and name no audience. */
export function legacyTokenSigner(
  serviceAccountKey: string,
): (claims: Readonly<Record<string, string>>) => Promise<string> {
  const key = loadSigningKey(serviceAccountKey)
  return async (claims) => {
    const { SignJWT } = await import('jose')
    return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: key.id }).sign(key.private)
  }
}

interface Answering {
  readonly tokens: TokenAuthenticator
  readonly issuer: TokenIssuer
  readonly authorizer: Authorizer
  readonly rbac: RbacIndex
}

/** The reviews and token requests, by resource. Their objects are of the kind that the resource says. */
function answersOf({ tokens, issuer, authorizer, rbac }: Answering): Readonly<Record<string, Answer>> {
  const answer = <T>(reply: (object: T, call: Parameters<Answer>[1]) => object | Promise<object>): Answer =>
    reply as unknown as Answer
  return {
    'serviceaccounts/token': answer<Parameters<TokenIssuer['issue']>[1]>((request, call) =>
      issuer.issue(call, request, call),
    ),
    'tokenreviews.authentication.k8s.io': answer<Parameters<typeof reviewToken>[0]>((review) =>
      reviewToken(review, tokens),
    ),
    'selfsubjectreviews.authentication.k8s.io': answer<Parameters<typeof reviewSelfSubject>[0]>((review, { user }) =>
      reviewSelfSubject(review, user),
    ),
    'subjectaccessreviews.authorization.k8s.io': answer<Parameters<typeof reviewSubjectAccess>[0]>((review) =>
      reviewSubjectAccess(review, authorizer),
    ),
    'localsubjectaccessreviews.authorization.k8s.io': answer<Parameters<typeof reviewLocalSubjectAccess>[0]>(
      (review, { namespace }) => reviewLocalSubjectAccess(review, namespace, authorizer),
    ),
    'selfsubjectaccessreviews.authorization.k8s.io': answer<Parameters<typeof reviewSelfSubjectAccess>[0]>(
      (review, { user }) => reviewSelfSubjectAccess(review, user, authorizer),
    ),
    'selfsubjectrulesreviews.authorization.k8s.io': answer<Parameters<typeof reviewSelfSubjectRules>[0]>(
      (review, { user }) => reviewSelfSubjectRules(review, user, rbac),
    ),
  }
}
