import { type ResourceDefinition, subresourceOf } from '../../api/resource.ts'
import { badRequest, notFound } from '../../api/status-error.ts'
import { methodNotAllowed, noSuchResource, verbNotSupported } from '../handler/refusals.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { ResourceRequest } from './request-info.ts'

/**
 * Finds what a request is about. Undefined: a page not found, for groups that are not the program's own and custom resources
 * in another scope. Throws 404 and 405 Statuses otherwise.
 */
export function routed(registry: Registry, request: ResourceRequest): ServedResource | undefined {
  const { group, version, resource, name, namespace, subresource, rest, verb } = request
  const found = registry.find(group, version, resource)
  if (!found) {
    if (group !== '' && !registry.hasBuiltInGroup(group)) return undefined
    throw noSuchResource()
  }
  const { definition } = found
  if (definition.model) return isOutOfScope(definition, request) ? undefined : customRouted(found, request)
  const isNamespaces = group === '' && resource === 'namespaces'
  if (!definition.namespaced && namespace !== '' && !isNamespaces) throw noSuchResource()
  if (subresource !== '') {
    if (!subresourceOf(definition, subresource) || (rest.length > 0 && subresource !== 'proxy')) throw noSuchResource()
    if (definition.namespaced && namespace === '') throw noSuchResource()
    return found
  }
  const hasNamePath = definition.verbs.includes('get')
  if (request.inPath && !hasNamePath) throw noSuchResource()
  if (request.inPath && verb === 'create') throw methodNotAllowed()
  if (!request.inPath && (verb === 'update' || verb === 'patch')) throw methodNotAllowed()
  if (definition.namespaced && namespace === '') {
    if (name !== '' && request.inPath) throw noSuchResource()
    if (verb !== 'list' && verb !== 'watch') throw methodNotAllowed()
  }
  return found
}

/** The handler of custom resources takes every method, and has words of its own for what it does not know. */
function customRouted(found: ServedResource, { subresource, verb, name, inPath }: ResourceRequest): ServedResource {
  const { definition } = found
  if (subresource !== '' && !subresourceOf(definition, subresource)) throw notFound(definition, name)
  if (verb === '') throw verbNotSupported(definition, verb)
  if (!inPath && (verb === 'update' || verb === 'patch')) throw badRequest('name must be provided')
  return found
}

/** Custom resources are looked up by scope first (apiextensions-apiserver's crdHandler). */
function isOutOfScope({ namespaced }: ResourceDefinition, { namespace, verb }: ResourceRequest): boolean {
  if (!namespaced) return namespace !== ''
  return namespace === '' && verb !== 'list' && verb !== 'watch'
}
