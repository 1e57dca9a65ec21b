import type { RequestAttributes } from '../request.ts'

/** `no-opinion` lets the next authorizer speak; if none allows, the request is forbidden with the reasons joined. */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
}

/** Decides from cached state only: synchronous, without I/O. */
export interface Authorizer {
  authorize(request: RequestAttributes): Decision
}
