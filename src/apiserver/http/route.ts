import { methodNotAllowed, noSuchResource } from '../handler/refusals.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { ResourceRequest } from './request-info.ts'

/** Finds what a request is about. Undefined: not even the group exists here. Throws 404 and 405 Statuses otherwise. */
export function routed(registry: Registry, request: ResourceRequest): ServedResource | undefined {
  const { group, version, resource, name, namespace, subresource, rest, verb } = request
  const found = registry.find(group, version, resource)
  if (!found) {
    if (group !== '' && !registry.hasGroup(group)) return undefined
    throw noSuchResource()
  }
  const { definition } = found
  const isNamespaces = group === '' && resource === 'namespaces'
  if (!definition.namespaced && namespace !== '' && !isNamespaces) throw noSuchResource()
  if (subresource !== '') {
    const schema = definition.subresources[subresource]
    if (!schema || (rest.length > 0 && subresource !== 'proxy')) throw noSuchResource()
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
