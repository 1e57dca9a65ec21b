import type { ReplicaSet } from '../../api/types/apps.v1.ts'
import type { ReplicationController } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ResourceClient } from '../../client/client.ts'
import type { Controller } from '../controller.ts'
import { replicaController } from '../replicaset/replica-controller.ts'

/** Keeps as many pods of a ReplicationController as it asks for, as the ReplicaSet that it would be. */
export const replicationController: Controller = replicaController({
  kind: { apiVersion: 'v1', kind: 'ReplicationController' },
  controller: {
    name: 'replicationcontroller-controller',
    user: 'replication-controller',
  },
  resource: 'replicationControllers',
  get(key, { replicationControllers }) {
    const controller = replicationControllers.get(key)
    return controller && asReplicaSet(controller)
  },
  list: (namespace, { replicationControllers }) => replicationControllers.list(namespace).map(asReplicaSet),
  owners: ({ replicationControllers }) => replicationControllers as unknown as ResourceClient<ReplicaSet>, // for metadata
  async writeStatus({ metadata }, { terminatingReplicas: _, ...status }, { client, listers, signal }) {
    const present = listers.replicationControllers.get(metadata)
    if (present?.metadata.uid !== metadata.uid) return // gone meanwhile
    const object = { ...editable<ReplicationController>(present), status }
    object.metadata.resourceVersion = metadata.resourceVersion // what the status was computed from
    await client.replicationControllers.updateStatus(object, { signal })
  },
})

/** A ReplicationController's selector is a map of labels, which validation does not allow to be empty. */
export function asReplicaSet(controller: DeepReadonly<ReplicationController>): DeepReadonly<ReplicaSet> {
  const { selector = {}, ...spec } = controller.spec
  return { ...controller, spec: { ...spec, selector: { matchLabels: selector } } }
}
