import type { X509Certificate } from 'node:crypto'

/** Certificates begin a little earlier, for clients whose clock is behind. */
export const BACKDATE_MS = 5 * 60 * 1000

/** A certificate is renewed when less than this part of its life is left. */
const RENEW_BELOW = 0.2

/** When a certificate is to be renewed, in ms since the epoch. */
export function renewalTime({ validFromDate, validToDate }: X509Certificate): number {
  const end = validToDate.getTime()
  return end - (end - validFromDate.getTime()) * RENEW_BELOW
}
