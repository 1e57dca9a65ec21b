import type { Informers } from '../client/informers.ts'

/** Name of the index of pods by the node they are bound to. */
export const BY_NODE = 'spec.nodeName'

/** Adds the index; controllers that share it have one. */
export function indexPodsByNode({ pods }: Pick<Informers, 'pods'>): void {
  pods.addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
}
