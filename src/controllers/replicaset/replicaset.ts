import type { ReplicaSet } from '../../api/types/apps.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Controller } from '../controller.ts'
import { replicaController } from './replica-controller.ts'

/** Keeps as many pods of a ReplicaSet as it asks for. Upstream: replicaset controller. */
export const replicaSetController: Controller = replicaController({
  kind: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  controller: { name: 'replicaset-controller', user: 'replicaset-controller' },
  resource: 'replicaSets',
  get: (key, { replicaSets }) => replicaSets.get(key),
  list: (namespace, { replicaSets }) => replicaSets.list(namespace),
  owners: ({ replicaSets }) => replicaSets,
  writeStatus: (set, status, { client, signal }) =>
    client.replicaSets.updateStatus({ ...editable<ReplicaSet>(set), status }, { signal }),
})
