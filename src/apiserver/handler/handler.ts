import { subresourceOf } from '../../api/resource.ts'
import { typeOf } from '../../api/schema/type-of.ts'
import { notFound } from '../../api/status-error.ts'
import { apply } from './apply.ts'
import { bind } from './binding.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { componentStatuses } from './component-statuses.ts'
import { create } from './create.ts'
import { ask } from './create-only.ts'
import { deleteCollection, deleteOne } from './delete.ts'
import type { HandlerDeps } from './deps.ts'
import { evict } from './evict.ts'
import { get } from './get.ts'
import { list } from './list.ts'
import { patch } from './patch.ts'
import { methodNotAllowed, noSuchResource, verbNotSupported } from './refusals.ts'
import { scale } from './scale.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

/** Carries out one authorized request about a resource. Failures are StatusErrors; anything else thrown is a fault. */
export type Handler = (call: ApiCall) => ApiResult | Promise<ApiResult>

/** A handler over the resources of a registry: knows verbs, not HTTP. */
export function createHandler(deps: HandlerDeps): Handler {
  return (call) => {
    const { deprecationWarning } = call.resource.definition
    if (deprecationWarning !== undefined) call.warn(deprecationWarning)
    requireVerb(call)
    if (call.subresource !== '') return subresource(call, deps)
    return call.resource.storage ? stored(call, deps) : answered(call, deps)
  }
}

function requireVerb({ resource: { definition }, subresource, verb }: ApiCall): void {
  const verbs = subresource === '' ? definition.verbs : subresourceOf(definition, subresource)?.verbs
  if (!verbs) throw noSuchResource()
  if (!verbs.includes(verb)) throw definition.model ? verbNotSupported(definition, verb) : methodNotAllowed()
}

function stored(call: ApiCall, deps: HandlerDeps): ApiResult | Promise<ApiResult> {
  switch (call.verb) {
    case 'get':
      return get(call)
    case 'list':
      return list(call)
    case 'watch':
      return watch(call, deps.clock)
    case 'create':
      return create(call, deps)
    case 'update':
      return update(call, deps)
    case 'patch':
      return patched(call, deps)
    case 'delete':
      return deleteOne(call, deps)
    case 'deletecollection':
      return deleteCollection(call, deps)
  }
}

const patched = (call: ApiCall, deps: HandlerDeps): Promise<ApiResult> =>
  call.patchType === 'apply' ? apply(call, deps) : patch(call, deps)

/** Resources without objects of their own. */
function answered(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> | ApiResult {
  const { definition } = call.resource
  if (definition.kind === 'Binding') return bind(call, deps)
  if (definition.kind === 'ComponentStatus') return componentStatuses(call)
  const answer = deps.answers[`${definition.plural}.${definition.group}`]
  if (!answer) throw noSuchResource()
  return ask(call, definition, answer, deps)
}

function subresource(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> | ApiResult {
  const { definition } = call.resource
  const schema = subresourceOf(definition, call.subresource)
  if (!schema) throw noSuchResource()
  if (call.subresource === 'scale') return scale(call, deps)
  if (call.subresource === 'binding') return bind(call, deps)
  if (call.subresource === 'eviction') return evict(call, deps)
  if (call.subresource === 'log') throw methodNotAllowed() // a stream: only over HTTP (http/upgrade)
  if (schema.kind === definition.kind && schema.version === definition.version) return ofOwnKind(call, deps)
  const answer = deps.answers[`${definition.plural}/${call.subresource}`]
  if (!answer) throw notFound(definition, call.name)
  return ask(call, { ...schema, type: typeOf(schema) }, answer, deps)
}

/** status, finalize, approval, ephemeralcontainers, resize: the object itself, of which only a part may change. */
function ofOwnKind(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> | ApiResult {
  switch (call.verb) {
    case 'get':
      return get(call)
    case 'update':
      return update(call, deps)
    case 'patch':
      return patched(call, deps)
    default:
      throw methodNotAllowed()
  }
}
