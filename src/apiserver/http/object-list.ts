import { groupVersion, listKindOf } from '../../api/resource.ts'
import type { ApiResult } from '../handler/call.ts'
import { chunked, type ListText } from '../watch-cache/list-chunks.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { type AnswerContext, isPlain } from './answer-context.ts'
import { cborList } from './cbor-form.ts'
import { packedJsonList, packedProtobufList } from './gzip/packed-lists.ts'
import { jsonList, smallJsonList } from './json-list.ts'
import { CBOR_TYPE, PROTOBUF_TYPE } from './media-type.ts'
import { protobufList } from './protobuf-list.ts'
import { acceptsGzip, MIN_GZIP_BYTES, sendBody, sendPacked, sendPieces } from './send.ts'

type ListResult = Extract<ApiResult, { kind: 'list' }>

/** What a larger list is in protobuf, nobody keeps. */
const MEASURED_ITEMS = 10_000

/**
 * Sends a list of objects as they are, from the cached bytes of each, in pieces: no second copy of the whole. Undefined for
 * forms that are made of the whole list, such as YAML.
 */
export function sendObjectList(result: ListResult, context: AnswerContext): Promise<void> | undefined {
  const { exchange, headers, resource, format } = context
  const { items, metadata } = result
  const { definition } = resource
  const isPacked = acceptsGzip(exchange) && isLarge(items)
  if (format.mediaType === PROTOBUF_TYPE)
    return isPacked && items.length <= MEASURED_ITEMS ? packedProtobuf(result, context) : protobuf(result, context)
  if (format.mediaType === CBOR_TYPE)
    return sendPieces(exchange, headers, chunked(cborList(definition, items, metadata)))
  if (!isPlain(context)) return undefined
  const text = listText(result, context)
  if (isPacked) return sendPacked(exchange, headers, packedJsonList(items, text))
  return json(result, text, context)
}

async function json({ items }: ListResult, text: ListText, { exchange, headers }: AnswerContext): Promise<void> {
  if (!isLarge(items)) return exchange.respond(200, headers, smallJsonList(items, text))
  return sendBody(exchange, headers, await jsonList(items, text))
}

async function protobuf(
  { items, metadata }: ListResult,
  { exchange, headers, resource }: AnswerContext,
): Promise<void> {
  return sendBody(exchange, headers, await protobufList(resource.definition, items, metadata))
}

async function packedProtobuf(
  { items, metadata }: ListResult,
  { exchange, headers, resource }: AnswerContext,
): Promise<void> {
  return sendPacked(exchange, headers, await packedProtobufList(resource.definition, items, metadata))
}

function isLarge(items: readonly CachedObject[]): boolean {
  let bytes = 0
  for (let index = 0; index < items.length && bytes <= MIN_GZIP_BYTES; index++) bytes += items[index]?.size ?? 0
  return bytes > MIN_GZIP_BYTES
}

function listText({ metadata }: ListResult, { resource }: AnswerContext): ListText {
  const { definition } = resource
  const [kind, version] = [listKindOf(definition), groupVersion(definition)]
  const meta = JSON.stringify(metadata)
  if (definition.model) {
    return {
      head: `{"apiVersion":"${version}","items":[`,
      tail: `],"kind":"${kind}","metadata":${meta}}`,
      withoutTypes: false,
    }
  }
  const head = `{"kind":"${kind}","apiVersion":"${version}","metadata":${meta},"items":[`
  return { head, tail: ']}', withoutTypes: true }
}
