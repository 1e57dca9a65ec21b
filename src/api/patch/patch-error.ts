import { badRequest, Reason, StatusError } from '../status-error.ts'

/** 422 with the words of a server that says no more: what upstream answers when a patch does not apply. */
export function patchRejected(why: string): StatusError {
  return new StatusError({
    code: 422,
    reason: Reason.Invalid,
    message: 'the server rejected our request due to an error in our request',
    details: {},
    cause: new Error(why),
  })
}

/** 400: the body is JSON but no patch of this type. `goType` is what upstream's decoder wanted. */
export function notAPatch(patch: unknown, goType: string): StatusError {
  const found = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch
  return badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go value of type ${goType}`)
}

/** 500 with a bare text: what becomes of an error that upstream does not classify. */
export function unclassified(message: string): StatusError {
  return new StatusError({ code: 500, reason: Reason.Unknown, message })
}
