import type { Node } from '../../../api/types/core.v1.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const

/** A new node takes no pods until it has shown that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (request) => request.operation === 'CREATE' && isAbout(request, '', 'nodes'),
  mutate({ object }) {
    const { spec } = object as Node
    const tainted = spec.taints?.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)
    if (!tainted) spec.taints = [...(spec.taints ?? []), { ...NOT_READY }]
  },
}
