import { decodeCbor } from '../../api/codec/cbor.ts'
import { decodeJson, normalise } from '../../api/codec/json.ts'
import { decodeMessage, openEnvelope } from '../../api/codec/protobuf.ts'
import { decodeYaml } from '../../api/codec/yaml.ts'
import { type FieldError, invalid, invalidObject, notSupported } from '../../api/field-error.ts'
import { validateDryRun } from '../../api/meta/validation.ts'
import { badRequest } from '../../api/status-error.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import type { ApiCall, Query, RequestBody } from './call.ts'
import { booleanParameter, integerParameter } from './query-values.ts'
import { unknownBodyFormat } from './refusals.ts'

type BytesBody = Extract<RequestBody, { kind: 'bytes' }>

const TYPE = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

/** The options of a delete: from the body if there is one, else from the query. Throws 400 or 422. */
export async function deleteOptions(call: Pick<ApiCall, 'body' | 'query'>): Promise<DeleteOptions> {
  const options = call.body.kind === 'none' ? fromQuery(call.query) : await fromBody(call)
  const errors = optionErrors(options)
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  // Upstream: negative values are treated as one second.
  if ((options.gracePeriodSeconds ?? 0) < 0) options.gracePeriodSeconds = 1
  return options
}

async function fromBody({ body }: Pick<ApiCall, 'body'>): Promise<DeleteOptions> {
  const value = body.kind === 'bytes' ? await decoded(body) : body.kind === 'value' ? body.value : {}
  const kind = (value as { kind?: unknown } | null)?.kind
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest('decoded object cannot be converted to DeleteOptions')
  }
  return normalise<DeleteOptions>(TYPE, value, { strict: 'Ignore' }).object
}

async function decoded({ bytes, mediaType, readable }: BytesBody): Promise<unknown> {
  if (!readable.includes(mediaType)) throw unknownBodyFormat(readable)
  switch (mediaType) {
    case 'application/yaml':
      return (await decodeYaml(bytes)).value
    case 'application/vnd.kubernetes.protobuf':
      return decodeMessage(TYPE, openEnvelope(bytes).raw)
    case 'application/cbor':
      return decodeCbor(bytes)
    default:
      return decodeJson(bytes).value
  }
}

function fromQuery(query: Query): DeleteOptions {
  const gracePeriodSeconds = integerParameter(query, 'gracePeriodSeconds')
  const propagationPolicy = query.get('propagationPolicy') as DeleteOptions['propagationPolicy']
  const orphanDependents = booleanParameter(query, 'orphanDependents')
  const dryRun = query.all('dryRun')
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(dryRun.length > 0 && { dryRun: [...dryRun] }),
  }
}

function optionErrors({ propagationPolicy: policy, orphanDependents, dryRun }: DeleteOptions): FieldError[] {
  const field = 'propagationPolicy'
  const errors: FieldError[] = []
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(invalid(field, policy, 'orphanDependents and deletionPropagation cannot be both set'))
  }
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    errors.push(notSupported(field, policy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  return [...errors, ...validateDryRun(dryRun ?? [])]
}
