/** What client-go makes of answers whose body says nothing more (api/errors NewGenericServerResponse). */
const TEXTS: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

/** Codes whose answer is the message. */
const SPEAKING = new Set([403, 406, 415])

export interface FailedAnswer {
  readonly code: number
  readonly contentType: string
  readonly body: Buffer
}

/** Why an answer other than 2xx is a failure, in client-go's words: those of a Status in it, else those of its code. */
export function answerError({ code, contentType, body }: FailedAnswer): string {
  const text = contentType === '' || contentType.startsWith('text/') ? body.toString().trim() : 'unknown'
  const own = TEXTS[code]
  if (own !== undefined) return own
  if (SPEAKING.has(code)) return text
  if (code >= 500)
    return (
      statusMessage(body) ??
      `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
    )
  return `the server responded with the status code ${code} but did not return more information`
}

function statusMessage(body: Buffer): string | undefined {
  try {
    const { kind, message } = JSON.parse(body.toString()) as { kind?: unknown; message?: unknown }
    return kind === 'Status' && typeof message === 'string' ? message : undefined
  } catch {
    return undefined // no Status: its code speaks
  }
}
