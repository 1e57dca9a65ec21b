import type { ServiceError } from '@grpc/grpc-js'
import { OutcomeUnknown, StoreUnavailable } from '../store.ts'

/** gRPC status codes (grpc.io, statuscodes). */
const Code = {
  Cancelled: 1,
  Unknown: 2,
  DeadlineExceeded: 4,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  Aborted: 10,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
}

/**
 * Codes that are no answer about the request: the stream broke, or etcd gave up on it without knowing what became of it
 * (it sends its own "context deadline exceeded" as Unknown).
 */
const NO_ANSWER: readonly number[] = [
  Code.Cancelled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]

/** What a failed call means for the caller. */
export type Fault =
  /** Etcd did not do it and another member may. */
  | { readonly kind: 'not done'; readonly why: string }
  /** The request was sent and there is no answer: it was done, is still being done, or never will be. */
  | { readonly kind: 'no answer'; readonly why: string }
  /** Etcd answered: asking again, here or elsewhere, changes nothing. */
  | { readonly kind: 'refused'; readonly error: Error }

/** Answers of etcd (its api/v3rpc/rpctypes texts) after which the request is certain not to have been carried out. */
const NOT_DONE = ['etcdserver: no leader', 'etcdserver: too many requests', 'etcdserver: not capable']

/** What to do about an answer that will not change by itself, by a part of its text. */
const REMEDIES: readonly (readonly [text: string, what: string])[] = [
  [
    'database space exceeded',
    "etcd's database has reached its quota and takes no writes: compact and defragment it, then 'etcdctl alarm disarm', or raise --quota-backend-bytes",
  ],
  ['corrupt cluster', "etcd's members disagree about the data: stop the damaged member and restore it from a snapshot"],
  ['user name is empty', 'etcd wants a user: name a client certificate with --etcd-certfile and --etcd-keyfile'],
  ['permission denied', "etcd's role of this client does not cover the keys below --etcd-prefix: grant it readwrite"],
  ['invalid auth token', 'etcd refused the credentials of this client: check --etcd-certfile and --etcd-keyfile'],
]

const TLS_REMEDIES: readonly (readonly [text: RegExp, what: string])[] = [
  [
    /self[- ]signed|unable to (verify|get)|unknown ca|issuer/i,
    "etcd's certificate is not signed by the authority in --etcd-cafile",
  ],
  [/altnames|does not match/i, "etcd's certificate is for another host: check the host names in --etcd-servers"],
  [/expired|not yet valid/i, "a certificate's time is over or has not begun: renew it and check the clocks"],
  [
    /certificate required|bad certificate|alert/i,
    'etcd refused the client certificate: check --etcd-certfile and --etcd-keyfile',
  ],
  [
    /wrong version number|packet length|protocol error/i,
    'one side speaks TLS and the other does not, or it is no etcd: check https:// in --etcd-servers',
  ],
  [
    /Failed to connect/, // grpc-js: the connection was there, and ended before etcd said anything on it
    'etcd is just going down, or one side speaks TLS and the other does not: check https:// in --etcd-servers',
  ],
]

/** Sorts an error of grpc-js into what it means. */
export function faultOf(error: ServiceError): Fault {
  const { code, details } = error
  const refusal = REMEDIES.find(([text]) => details.includes(text))
  if (refusal) {
    return { kind: 'refused', error: new StoreUnavailable(`${refusal[1]} (${details})`, { cause: error }) }
  }
  if (NOT_DONE.some((text) => details.startsWith(text)) || isUnsent(error)) return { kind: 'not done', why: why(error) }
  if (NO_ANSWER.includes(code)) return { kind: 'no answer', why: why(error) }
  if (code === Code.Unauthenticated || code === Code.PermissionDenied) {
    return { kind: 'refused', error: new StoreUnavailable(`etcd refused this client: ${details}`, { cause: error }) }
  }
  return { kind: 'refused', error: new Error(details, { cause: error }) }
}

/** The error of a write that may or may not have happened. */
export function outcomeUnknown(key: string, reason: string): OutcomeUnknown {
  return new OutcomeUnknown(`the outcome of a write to ${key} is unknown: ${reason}`)
}

export function unreachable(servers: readonly string[], reason: string): StoreUnavailable {
  return new StoreUnavailable(
    `etcd cannot be reached at ${servers.join(', ')}: ${reason}. Check that a majority of its members runs, and --etcd-servers`,
  )
}

/** The call failed before a connection took it: grpc-js says so in these words. */
function isUnsent({ code, details }: ServiceError): boolean {
  return code === Code.Unavailable && /^No connection established|^Name resolution failed/.test(details)
}

function why({ code, details }: ServiceError): string {
  const tls = TLS_REMEDIES.find(([text]) => text.test(details))
  const plain = withoutFrame(details)
  if (tls) return `${tls[1]} (${plain})`
  return code === Code.DeadlineExceeded ? `no answer in time (${plain})` : plain
}

/** What grpc-js puts around the reason of a connection that failed says nothing to the reader. */
function withoutFrame(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/( \([\dTZ:.-]+\))?\. Resolution note: \.?$/, '')
}
