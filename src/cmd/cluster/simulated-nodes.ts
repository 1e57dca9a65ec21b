import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { createInformers } from '../../client/informers.ts'
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
  const { pods, nodes } = informers
  return [createSimulatedNodes({ nodeNames, clientFor, pods, nodes, clock, log }), informers]
}
