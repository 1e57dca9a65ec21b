import type { Clock } from '../../base/clock.ts'
import type { Query } from '../handler/call.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { Exchange, ResponseHeaders } from './exchange.ts'
import { JSON_TYPE } from './media-type.ts'
import type { Format } from './negotiation.ts'
import { isPretty } from './pretty.ts'

/** What of a request decides the form of its answer. */
export interface AnswerContext {
  readonly exchange: Exchange
  readonly resource: ServedResource
  readonly query: Query
  readonly format: Format
  readonly headers: ResponseHeaders
  readonly clock: Clock
}

/** Whether objects go out as the cache has them. */
export const isPlain = (context: AnswerContext): boolean =>
  context.format.mediaType === JSON_TYPE && !isIndented(context)

/** Whether for people to read. */
export const isIndented = ({ format, query, exchange }: AnswerContext): boolean =>
  format.pretty === true || isPretty(query.get('pretty'), exchange.headers['user-agent'])
