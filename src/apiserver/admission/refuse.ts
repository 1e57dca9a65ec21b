import type { StatusError } from '../../api/status-error.ts'
import { forbidden } from '../../api/status-error.ts'
import type { AdmissionRequest } from './plugin.ts'

/** 403 about the object of the request. Before names are generated, generateName stands for the name. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const { group, plural } = request.definition
  const metadata = request.object?.metadata
  const name = request.name || metadata?.name || metadata?.generateName || 'Unknown'
  return forbidden({ group, plural }, name, why)
}

/** Whether the request is about the main resource `plural.group`, or the named subresource of it. */
export function isAbout(request: AdmissionRequest, group: string, plural: string, subresource = ''): boolean {
  const { definition } = request
  return definition.plural === plural && definition.group === group && request.subresource === subresource
}

/** A pod being created. */
export const createsPod = (request: AdmissionRequest): boolean =>
  request.operation === 'CREATE' && isAbout(request, '', 'pods')
