import type { Headers } from '../../../base/http2/client/stream.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'

const HTTP_OK = '200'
const GRPC_TYPE = /^application\/grpc(\+proto)?($|;)/

/** What an answer's first header says when it is not one of gRPC; undefined when it is. */
export function notGrpc(headers: Headers): GrpcError | undefined {
  const status = headers.get(':status')
  const type = headers.get('content-type') ?? ''
  if (status === HTTP_OK && GRPC_TYPE.test(type)) return undefined
  return new GrpcError(GrpcCode.Unknown, `no gRPC answers: HTTP status ${status}, content type '${type}'`, 'sent')
}

/** The error in the last header of an answer; undefined when all is well (gRPC over HTTP/2, Trailers). */
export function statusError(trailers: Headers): GrpcError | undefined {
  const status = trailers.get('grpc-status')
  if (status === '0') return undefined
  if (status === undefined) return new GrpcError(GrpcCode.Unknown, 'the answer has no status', 'sent')
  return new GrpcError(Number(status), readable(trailers.get('grpc-message') ?? ''), 'answered')
}

/** Texts are percent-encoded UTF-8; one that is encoded wrong is shown as it is. */
function readable(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
