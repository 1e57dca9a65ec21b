import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { silentRecorder } from '../../client/events.ts'
import { createInformers } from '../../client/informers.ts'
import { LocalVolumes, noDirectories } from '../../kubelet/local-volumes/local-volumes.ts'
import { createSimulatedNodes } from '../../kubelet/simulated/simulated-nodes.ts'
import type { ControlPlane } from './control-plane.ts'

export interface SimulatedNodeOptions {
  readonly count: number
  readonly controlPlane: ControlPlane
  readonly clock: Clock
  readonly log: Logger
}

/** Simulated nodes `simulated-0`, `simulated-1`…, each acting as its own user; they share one pair of informers. */
export function simulatedNodeComponents({ count, controlPlane, clock, log }: SimulatedNodeOptions): Component[] {
  const nodeNames = Array.from({ length: count }, (_, index) => `simulated-${index}`)
  const informers = createInformers(controlPlane.clientFor(componentUsers.apiserver), { clock, log })
  const clientFor = (name: string): Client => controlPlane.clientFor(componentUsers.kubelet(name))
  const { pods, nodes, persistentVolumes } = informers
  const localVolumes = new LocalVolumes({
    client: controlPlane.clientFor(componentUsers.localVolumes),
    volumes: persistentVolumes,
    isOurs: (host) => nodeNames.includes(host),
    directories: noDirectories,
    events: silentRecorder, // what only pretends to remove cannot fail
    clock,
    log,
  })
  return [createSimulatedNodes({ nodeNames, clientFor, pods, nodes, clock, log }), localVolumes, informers]
}
