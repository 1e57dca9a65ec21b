import type { ApiObject } from '../../api/resource.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ApiCall } from './call.ts'

/** The object's namespace is the request's, or becomes it; 400 when it is another. Cluster-scoped objects have none. */
export function alignNamespace({ metadata }: ApiObject, { namespace }: Pick<ApiCall, 'namespace'>): void {
  if (namespace === '') {
    if (metadata.namespace !== undefined) metadata.namespace = undefined as unknown as string
  } else if (!metadata.namespace) {
    metadata.namespace = namespace
  } else if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}

/** The object of a PUT names what the path names; 400 otherwise. */
export function requireSameName(object: { metadata?: { name?: string } }, name: string): void {
  const given = object.metadata?.name ?? ''
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
}
