import { invalid, invalidObject } from '../../api/field-error.ts'
import { Reason, StatusError } from '../../api/status-error.ts'

/** The revision that a resourceVersion names: 0 for "any", undefined for "most recent". Throws as upstream's versioner. */
export function parseResourceVersion(text: string): number | undefined {
  if (text === '') return undefined
  if (!/^\d+$/.test(text)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
    throw invalidObject({ group: '', kind: '' }, '', [invalid('resourceVersion', text, why)])
  }
  return Number(text)
}

/** 504: the revision asked for is not there yet (upstream: storage.NewTooLargeResourceVersionError). */
export function tooLargeResourceVersion(asked: number, current: number): StatusError {
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
