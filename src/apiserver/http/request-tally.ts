import type { Clock } from '../../base/clock.ts'
import type { Lasting } from './exchange.ts'
import type { ApiMetrics, RequestLabels } from './metrics.ts'
import type { ResourceRequest } from './request-info.ts'

export interface RequestTallyDeps {
  readonly metrics: Pick<ApiMetrics, 'begin' | 'end' | 'observe'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** How a request goes, from its beginning to its end: for its metrics, and for the answer when it fails. */
export class RequestTally {
  code = 200
  warnings: readonly string[] = NONE
  /** Whether it counts among those of which only so many may run. */
  isShort = false
  #labels = OTHER
  readonly #deps: RequestTallyDeps
  readonly #start: number
  #lasting: Lasting | undefined

  constructor(deps: RequestTallyDeps) {
    this.#deps = deps
    this.#start = deps.clock.monotonic()
    deps.metrics.begin()
  }

  /** What the request counts under, when that is known. */
  about({ verb, group, version, resource, subresource, inPath, namespace }: ResourceRequest): void {
    const scope = inPath ? 'resource' : namespace === '' ? 'cluster' : 'namespace'
    this.#labels = { verb: verb === '' ? 'other' : VERBS[verb], group, version, resource, subresource, scope }
  }

  /** The answer lasts; the request ends with it. */
  goesOn(answer: Lasting): void {
    this.#lasting = answer
  }

  /**
   * Nothing more is to be done, but for an answer that goes on: gives that, and the caller has to listen for its end. Call
   * it once.
   */
  dealtWith(): Lasting | undefined {
    const answer = this.#lasting
    this.#lasting = undefined
    if (!answer) this.#end()
    return answer && { whenEnded: (ended) => answer.whenEnded(() => this.#end(ended)) }
  }

  #end(ended?: () => void): void {
    const { metrics, clock } = this.#deps
    metrics.end()
    metrics.observe(this.#labels, this.code, (clock.monotonic() - this.#start) / 1000)
    ended?.()
  }
}

const NONE: readonly string[] = []
const OTHER: RequestLabels = { verb: 'other', group: '', version: '', resource: '', subresource: '', scope: '' }

const VERBS: Readonly<Record<Exclude<ResourceRequest['verb'], ''>, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}
