/** gRPC status codes (grpc.io, statuscodes). */
export const GrpcCode = {
  Ok: 0,
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
} as const

/** How far a call came before it failed. */
export type CallStage =
  /** Nobody has looked at it, nor will. */
  | 'unsent'
  /** It was sent; what became of it is not known. */
  | 'sent'
  /** The server answered with this status. */
  | 'answered'

export class GrpcError extends Error {
  /** A GrpcCode, or another that the server chose. */
  readonly code: number
  readonly stage: CallStage
  constructor(code: number, message: string, stage: CallStage, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GrpcError'
    this.code = code
    this.stage = stage
  }
}
