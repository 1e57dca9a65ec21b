import { notFound } from '../../api/status-error.ts'
import type { ComponentStatus } from '../../api/types/core.v1.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { UnstoredObject } from './unstored-object.ts'

const NAMES = ['controller-manager', 'etcd-0', 'scheduler']

/** The long deprecated componentstatuses: made up for whoever still asks, since parts report through /readyz. */
export function componentStatuses(call: ApiCall): ApiResult {
  const objects = NAMES.map((name) => new UnstoredObject(name, healthy(name)))
  if (call.verb === 'list') return { kind: 'list', items: objects, metadata: {} }
  const object = objects.find(({ name }) => name === call.name)
  if (!object) throw notFound(call.resource.definition, call.name)
  return { kind: 'object', code: 200, object }
}

const healthy = (name: string) => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name } as ComponentStatus['metadata'],
  conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
})
