import { groupVersion, listKindOf } from '../../api/resource.ts'
import type { Clock } from '../../base/clock.ts'
import type { ApiResult, Query } from '../handler/call.ts'
import { partialMetadata, partialMetadataList } from '../table/partial-metadata.ts'
import { includeObjectOf, type TableOptions, tableOf } from '../table/table.ts'
import { StoredObject } from '../watch-cache/stored-object.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { type AnswerContext, isIndented, isPlain } from './answer-context.ts'
import { cborObject } from './cbor-form.ts'
import { encodedValue } from './encoded-value.ts'
import type { Exchange, ResponseHeaders } from './exchange.ts'
import { CBOR_TYPE, JSON_TYPE, PROTOBUF_TYPE, streamType, YAML_TYPE } from './media-type.ts'
import { type Format, wrongForm } from './negotiation.ts'
import { sendObjectList } from './object-list.ts'
import { protobufObject } from './protobuf-form.ts'
import { MIN_GZIP_BYTES, send } from './send.ts'
import { plainEvents, transformedEvents, type WatchEncoder } from './watch-encoders.ts'
import { WatchStream } from './watch-stream.ts'

type ObjectResult = Extract<ApiResult, { kind: 'object' }>
type ListResult = Extract<ApiResult, { kind: 'list' }>
type WatchResult = Extract<ApiResult, { kind: 'watch' }>

/** Writes a result in the form that the client asked for. Resolves when it is handed over; for a watch, when that has started. */
export async function answer(result: ApiResult, context: AnswerContext): Promise<void> {
  switch (result.kind) {
    case 'object':
      return answerObject(result, context)
    case 'value':
      return answerValue(result.code, valueForm(result.value, context), context)
    case 'list':
      return answerList(result, context)
    case 'watch':
      return answerWatch(result, context)
  }
}

/** The commonest answer: the bytes of the cache go out as they are. */
function answerObject({ code, object }: ObjectResult, context: AnswerContext): Promise<void> | void {
  const { format, exchange, headers, resource } = context
  if (format.as !== undefined) return answerValue(code, objectForm(object, context), context)
  if (isPlain(context)) return sendObject(exchange, code, headers, object)
  const { definition } = resource
  if (format.mediaType === PROTOBUF_TYPE) return send(exchange, code, headers, protobufObject(definition, object))
  if (format.mediaType === CBOR_TYPE) return send(exchange, code, headers, cborObject(definition, object))
  return answerValue(code, object.object(), context)
}

/**
 * What is read is put together once, for all who read it. What was just written may never be: it is put together in the answer
 * alone, without a buffer of its own.
 */
function sendObject(
  exchange: Exchange,
  code: number,
  headers: ResponseHeaders,
  object: CachedObject,
): Promise<void> | void {
  const isWritten = exchange.method !== 'GET' && object instanceof StoredObject
  if (isWritten && object.jsonLength <= MIN_GZIP_BYTES) return exchange.respond(code, headers, object)
  return send(exchange, code, headers, object.json())
}

function objectForm(object: CachedObject, { format, resource, query, clock }: AnswerContext): object {
  const { definition } = resource
  switch (format.as) {
    case 'Table': {
      const { resourceVersion } = object.object().metadata
      const metadata = resourceVersion === undefined ? {} : { resourceVersion }
      return tableOf(definition, [object.object()], { ...tableOptions(query, format, clock), metadata })
    }
    case 'PartialObjectMetadata':
      return partialMetadata(object.object(), format.version)
    default:
      throw wrongForm(`you requested ${format.as}, but the requested object is not a list`)
  }
}

const tableOptions = (query: Query, format: Format, clock: Clock): Omit<TableOptions, 'metadata'> => ({
  now: clock.now(),
  includeObject: includeObjectOf(query.get('includeObject')),
  version: format.version,
})

/** Values that are not stored are shown as they are, but for a Table of a thing with a name. */
function valueForm(value: object, { format, resource, query, clock }: AnswerContext): object {
  const { kind, metadata } = value as { kind?: string; metadata?: { name?: string } }
  if (format.as !== 'Table' || kind === 'Status' || !metadata?.name) return value
  const named = { definition: { ...resource.definition, rules: {} }, object: value as never }
  return tableOf(named.definition, [named.object], { ...tableOptions(query, format, clock), metadata: {} })
}

async function answerValue(code: number, value: object, context: AnswerContext): Promise<void> {
  const { exchange, headers, format } = context
  const bytes = encodedValue(value, format.mediaType, isIndented(context))
  await send(exchange, code, headers, bytes instanceof Promise ? await bytes : bytes)
}

async function answerList(result: ListResult, context: AnswerContext): Promise<void> {
  const sent = context.format.as === undefined && sendObjectList(result, context)
  return sent || answerValue(200, listForm(result, context), context)
}

function listForm({ items, metadata }: ListResult, { format, resource, query, clock }: AnswerContext): object {
  const objects = items.map((item) => item.object())
  const { definition } = resource
  switch (format.as) {
    case 'Table':
      return tableOf(definition, objects, { ...tableOptions(query, format, clock), metadata })
    case 'PartialObjectMetadataList':
      return partialMetadataList(objects, metadata, format.version)
    case 'PartialObjectMetadata':
      throw wrongForm('you requested PartialObjectMetadata, but the requested object is a list')
    default: {
      const bare = definition.model ? objects : objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest)
      return { kind: listKindOf(definition), apiVersion: groupVersion(definition), metadata, items: bare }
    }
  }
}

function answerWatch({ session }: WatchResult, context: AnswerContext): void {
  const { exchange, headers } = context
  const encoder = watchEncoder(context)
  headers['content-type'] = streamType(context.format.mediaType)
  const stream = exchange.stream(200, headers)
  session.start(new WatchStream(stream, encoder))
  stream.whenGone(session.stop)
}

function watchEncoder(context: AnswerContext): WatchEncoder {
  const { format, resource } = context
  const { mediaType } = format
  if (mediaType === YAML_TYPE) throw new Error('negotiation lets no watch through in YAML')
  switch (format.as) {
    case undefined:
      return plainEvents(mediaType, resource.definition)
    case 'Table':
      return tableEvents(context)
    case 'PartialObjectMetadata':
      return transformedEvents(
        mediaType,
        (object) => partialMetadata(object.object(), format.version),
        (object) => partialMetadata(object as never, format.version),
      )
    default:
      throw wrongForm(`you requested ${format.as}, but the requested object is not a list`)
  }
}

/** The first event says what the columns are, the others leave that out. */
function tableEvents({ resource, query, format, clock }: AnswerContext): WatchEncoder {
  const options = tableOptions(query, format, clock)
  let headers = true
  return transformedEvents(
    JSON_TYPE, // the only one of those that Tables have which can be streamed
    (object) => {
      const metadata = { resourceVersion: String(object.revision) }
      const table = tableOf(resource.definition, [object.object()], { ...options, metadata, headers, now: clock.now() })
      headers = false
      return table
    },
    (object) => {
      const { metadata } = object as { metadata: { resourceVersion: string } }
      return tableOf(resource.definition, [], { ...options, metadata, headers: false })
    },
  )
}
