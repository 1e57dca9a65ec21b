import { hostOf } from '../../../api/local-path.ts'
import { nodeOfGroups } from '../../../api/node-parts.ts'
import type { PersistentVolume } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'

/** Holds the part of a node that looks after local volumes to those of its own node. */
export const nodePartRestriction: AdmissionPlugin = {
  name: 'NodePartRestriction',
  handles: (request) => nodeOfGroups(request.user.groups) !== undefined && isAbout(request, '', 'persistentvolumes'),
  validate(request) {
    const node = nodeOfGroups(request.user.groups)
    const volumes = [request.old, request.object].filter((object) => object !== undefined)
    if (volumes.every((volume) => hostOf(volume as DeepReadonly<PersistentVolume>) === node)) return
    throw refuse(request, `the part of node ${JSON.stringify(node)} can only write local volumes of that node`)
  },
}
