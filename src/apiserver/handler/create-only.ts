import type { ApiObject } from '../../api/resource.ts'
import { admissionRequest, writeContext } from './admission.ts'
import { decodeBody, type Expected } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import type { HandlerDeps } from './deps.ts'
import { alignNamespace } from './object-checks.ts'
import { writeOptions } from './write-options.ts'

/**
 * Answers a POST whose object is a question, not a thing to keep: reviews, token requests. `object` belongs to it. Keyed in
 * `HandlerDeps.answers` by `tokenreviews.authentication.k8s.io` or, for subresources, `serviceaccounts/token`.
 */
export type Answer = (object: ApiObject, call: ApiCall) => object | Promise<object>

/** POST of such a question, in the form that the schema table gives it. */
export async function ask(call: ApiCall, expected: Expected, answer: Answer, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'CreateOptions')
  const object = await decodeBody<ApiObject>(call, expected, options.fieldValidation)
  if (call.namespace !== '' && object.metadata) alignNamespace(object, call)
  const request = admissionRequest(writeContext(call, options), 'CREATE', { object })
  await deps.admission.mutate(request)
  await deps.admission.validate(request)
  return { kind: 'value', code: 201, value: await answer(object, call) }
}
