import type { SchedulerPlugin } from '../plugin.ts'
import { balancedAllocation } from './balanced-allocation.ts'
import { imageLocality } from './image-locality.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import type { VolumeBindingDeps } from './volume-binding.ts'
import { volumeBinding } from './volume-binding.ts'

/** All plugins in upstream's default order; places of those to come: InterPodAffinity and PodTopologySpread, last. */
export function defaultPlugins(deps: VolumeBindingDeps): SchedulerPlugin[] {
  return [
    schedulingGates,
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    volumeBinding(deps),
    balancedAllocation,
    imageLocality,
  ] as SchedulerPlugin[]
}
