import { badRequest, Reason, StatusError } from '../../api/status-error.ts'

/** The revision that a resourceVersion names: 0 for "any", undefined for "most recent". Throws as upstream's versioner. */
export function parseResourceVersion(text: string): number | undefined {
  if (text === '') return undefined
  const why = problem(text)
  if (why === undefined) return Number(text)
  // Upstream takes this for an accident of its own in a get or a watch.
  throw new StatusError({ code: 500, reason: Reason.Unknown, message: refusal(text, why) })
}

/** The same for a list: 400 where it is none. */
export function parseListResourceVersion(text: string): number | undefined {
  const why = text === '' ? undefined : problem(text)
  if (why !== undefined) throw badRequest(`invalid resource version: ${refusal(text, why)}`)
  return text === '' ? undefined : Number(text)
}

const MAX_UINT64 = 2n ** 64n - 1n

function problem(text: string): string | undefined {
  if (!/^\d+$/.test(text)) return 'invalid syntax'
  return text.length >= 20 && BigInt(text) > MAX_UINT64 ? 'value out of range' : undefined
}

const refusal = (text: string, why: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`

/** 504: the revision asked for is not there yet (upstream: storage.NewTooLargeResourceVersionError). */
export function tooLargeResourceVersion(asked: number | bigint, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: Reason.Timeout,
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  })
}
