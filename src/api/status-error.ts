import type { Status, StatusCause } from './types/meta.v1.ts'

/** metav1.StatusReason: the values that the API server sends. */
export const Reason = {
  Unknown: '',
  Unauthorized: 'Unauthorized',
  Forbidden: 'Forbidden',
  NotFound: 'NotFound',
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Gone: 'Gone',
  Invalid: 'Invalid',
  ServerTimeout: 'ServerTimeout',
  StoreReadError: 'StorageReadError',
  Timeout: 'Timeout',
  TooManyRequests: 'TooManyRequests',
  BadRequest: 'BadRequest',
  MethodNotAllowed: 'MethodNotAllowed',
  NotAcceptable: 'NotAcceptable',
  RequestEntityTooLarge: 'RequestEntityTooLarge',
  UnsupportedMediaType: 'UnsupportedMediaType',
  InternalError: 'InternalError',
  Expired: 'Expired',
  ServiceUnavailable: 'ServiceUnavailable',
} as const
export type Reason = (typeof Reason)[keyof typeof Reason]

export interface StatusErrorInit {
  code: number
  reason: Reason
  message: string
  details?: {
    name?: string
    group?: string
    kind?: string
    uid?: string
    causes?: StatusCause[]
    retryAfterSeconds?: number
  }
  cause?: unknown
}

/** The one error that crosses the API: a metav1.Status with status Failure. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: Reason
  readonly details: StatusErrorInit['details']

  constructor({ code, reason, message, details, cause }: StatusErrorInit) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
  }

  /** The object as it goes on the wire. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== '' && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    }
  }

  static fromStatus(status: Status): StatusError {
    return new StatusError({
      code: status.code ?? 500,
      reason: (status.reason ?? '') as Reason,
      message: status.message ?? 'unknown error',
      ...(status.details && { details: status.details as NonNullable<StatusErrorInit['details']> }),
    })
  }
}

export function hasReason(error: unknown, reason: Reason): error is StatusError {
  return error instanceof StatusError && error.reason === reason
}

/** Group and plural of a resource, as messages name it: `pods`, `deployments.apps`. */
export interface GroupResource {
  readonly group: string
  readonly plural: string
}

export function qualified({ group, plural }: GroupResource): string {
  return group === '' ? plural : `${plural}.${group}`
}

export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: Reason.NotFound,
    message: `${qualified(resource)} "${name}" not found`,
    details: { name, ...groupDetail(resource), kind: resource.plural },
  })
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: Reason.AlreadyExists,
    message: `${qualified(resource)} "${name}" already exists`,
    details: { name, ...groupDetail(resource), kind: resource.plural },
  })
}

export function conflict(resource: GroupResource, name: string, why: string): StatusError {
  return new StatusError({
    code: 409,
    reason: Reason.Conflict,
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    details: { name, ...groupDetail(resource), kind: resource.plural },
  })
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: Reason.BadRequest, message })
}

/** 403. Without a name: `pods is forbidden: …`; without a resource: `forbidden: …`. */
export function forbidden(resource: GroupResource, name: string, why: string): StatusError {
  const object = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`
  const subject = resource.plural === '' ? 'forbidden' : `${object} is forbidden`
  return new StatusError({
    code: 403,
    reason: Reason.Forbidden,
    message: `${subject}: ${why}`,
    details: {
      ...(name !== '' && { name }),
      ...groupDetail(resource),
      ...(resource.plural !== '' && { kind: resource.plural }),
    },
  })
}

/** The requested revision was compacted away: list again. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: Reason.Expired, message })
}

export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError({
    code: 500,
    reason: Reason.InternalError,
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
    cause,
  })
}

const groupDetail = ({ group }: GroupResource) => (group === '' ? {} : { group })
