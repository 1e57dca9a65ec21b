import { createHash } from 'node:crypto'
import type { AggregatedVersion } from './aggregated.ts'

export interface AggregatedFormat {
  readonly version: AggregatedVersion
  readonly contentType: string
}

/**
 * Which form of aggregated discovery an Accept header asks for before plain JSON, or undefined for the classic one.
 * The first acceptable clause wins, as in upstream's negotiation. Only JSON is offered in the aggregated forms.
 */
export function aggregatedFormat(accept: string | undefined): AggregatedFormat | undefined {
  for (const clause of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
    const given = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]))
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue
    if (!given.has('as')) return undefined
    const version = given.get('v')
    const isDiscovery = given.get('g') === 'apidiscovery.k8s.io' && given.get('as') === 'APIGroupDiscoveryList'
    if (isDiscovery && (version === 'v2' || version === 'v2beta1')) {
      return { version, contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` }
    }
  }
  return undefined
}

/** The ETag of an answer, quoted: the SHA-512 of its bytes in upper case. `If-None-Match` with it gets 304. */
export function entityTag(body: Uint8Array): string {
  return `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`
}
