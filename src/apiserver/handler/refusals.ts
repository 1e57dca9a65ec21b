import { type GroupResource, qualified, Reason, StatusError } from '../../api/status-error.ts'

/** 405 as the router of a real API server words it. */
export const methodNotAllowed = (): StatusError =>
  new StatusError({
    code: 405,
    reason: Reason.MethodNotAllowed,
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })

/** 405 for a verb that custom resources do not have: their own handler refuses it. */
export const verbNotSupported = (resource: GroupResource, verb: string): StatusError => {
  const { group, plural } = resource
  return new StatusError({
    code: 405,
    reason: Reason.MethodNotAllowed,
    message: `${verb} is not supported on resources of kind ${JSON.stringify(qualified(resource))}`,
    details: { ...(group && { group }), kind: plural },
  })
}

/** 404 for paths within a served group version that name nothing. */
export const noSuchResource = (): StatusError =>
  new StatusError({
    code: 404,
    reason: Reason.NotFound,
    message: 'the server could not find the requested resource',
    details: {},
  })

/** 415 for a patch in a media type that is no patch type of ours. */
export const unsupportedPatchType = (): StatusError =>
  new StatusError({
    code: 415,
    reason: Reason.UnsupportedMediaType,
    message: '415: Unsupported Media Type',
    details: {},
  })

/** 415 for a body, or a patch of a custom resource, that cannot be decoded; `accepted` in upstream's order. */
export const unknownBodyFormat = (accepted: readonly string[]): StatusError =>
  new StatusError({
    code: 415,
    reason: Reason.UnsupportedMediaType,
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  })
