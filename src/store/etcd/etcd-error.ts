import { OutcomeUnknown, StoreUnavailable } from '../store.ts'
import { GrpcCode, GrpcError } from './grpc/grpc-error.ts'

/**
 * Codes that are no answer about the request: the stream broke, or etcd gave up on it without knowing what became of it
 * (it sends its own "context deadline exceeded" as Unknown).
 */
const NO_ANSWER: readonly number[] = [
  GrpcCode.Cancelled,
  GrpcCode.Unknown,
  GrpcCode.DeadlineExceeded,
  GrpcCode.Aborted,
  GrpcCode.Internal,
  GrpcCode.Unavailable,
  GrpcCode.DataLoss,
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
    /did not answer in HTTP\/2/,
    'etcd is just going down, or one side speaks TLS and the other does not: check https:// in --etcd-servers',
  ],
]

/** Sorts the error of a call into what it means. */
export function faultOf(error: Error): Fault {
  if (error instanceof StoreUnavailable) return { kind: 'refused', error }
  if (!(error instanceof GrpcError)) return { kind: 'no answer', why: error.message }
  const { code, message, stage } = error
  if (stage === 'unsent') return { kind: 'not done', why: whyUnsent(error) }
  if (stage === 'sent') return { kind: 'no answer', why: whyUnanswered(error) }
  const refusal = REMEDIES.find(([text]) => message.includes(text))
  if (refusal) {
    return { kind: 'refused', error: new StoreUnavailable(`${refusal[1]} (${message})`, { cause: error }) }
  }
  if (NOT_DONE.some((text) => message.startsWith(text))) return { kind: 'not done', why: message }
  if (NO_ANSWER.includes(code)) return { kind: 'no answer', why: whyUnanswered(error) }
  if (code === GrpcCode.Unauthenticated || code === GrpcCode.PermissionDenied) {
    return { kind: 'refused', error: new StoreUnavailable(`etcd refused this client: ${message}`, { cause: error }) }
  }
  return { kind: 'refused', error: new Error(message, { cause: error }) }
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

function whyUnsent(error: GrpcError): string {
  const tls = TLS_REMEDIES.find(([text]) => text.test(error.message))
  return tls ? `${tls[1]} (${error.message})` : whyUnanswered(error)
}

function whyUnanswered({ code, message }: GrpcError): string {
  return code === GrpcCode.DeadlineExceeded ? `no answer in time (${message})` : message
}
