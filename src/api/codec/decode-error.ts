import { badRequest, Reason, StatusError } from '../status-error.ts'

/**
 * What is wrong with a body, in the words of Go's decoder and as a 400. Whoever knows which object was wanted turns it
 * into the text that clients see, with `cannotBeHandled` or `unrecognized`.
 */
export class DecodeError extends StatusError {
  constructor(message: string, cause?: unknown) {
    super({ code: 400, reason: Reason.BadRequest, message, cause })
    this.name = 'DecodeError'
  }
}

/** The text for problems under `fieldValidation=Strict`, at most 100 of them as upstream. */
export function strictDecodingError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.slice(0, 100).join(', ')}`
}

/** 400 for a body whose kind was readable: `Pod in version "v1" cannot be handled as a Pod: …`. */
export function cannotBeHandled(
  given: { kind: string; version: string },
  wantedKind: string,
  why: string,
): StatusError {
  return badRequest(`${given.kind} in version "${given.version}" cannot be handled as a ${wantedKind}: ${why}`)
}

/** 400 for a body that does not even tell its kind; `why` is the decoder's whole text, which differs between formats. */
export function unrecognized(wantedKind: string, why: string, body: Uint8Array): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${wantedKind}): ${why} (${summary(body)})`)
}

/** The text for JSON whose kind cannot be read. */
export const unreadableJson = (why: string): string => `couldn't get version/kind; json parse error: ${why}`

const SUMMARY_BYTES = 30
const OPENING_BRACE = 0x7b

/** The beginning of a body: as text where it looks like JSON, else in hexadecimal. */
function summary(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const start = Buffer.from(body.subarray(0, SUMMARY_BYTES))
  const text = start.toString(body[0] === OPENING_BRACE ? 'utf8' : 'hex')
  return body.length > SUMMARY_BYTES ? `${text} ...` : text
}
