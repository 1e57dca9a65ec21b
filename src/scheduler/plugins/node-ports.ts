import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse, skip } from '../plugin.ts'
import type { HostPort } from '../pod-info.ts'
import { podInfo } from '../pod-info.ts'

const taken = refuse("node(s) didn't have free ports for the requested pod ports")

/** A host port is given to one pod of a node; `0.0.0.0` stands for all of its addresses. */
export const nodePorts: SchedulerPlugin<undefined> = {
  name: 'NodePorts',
  preFilter: ({ hostPorts }) => (hostPorts.length > 0 ? { kind: 'state', state: undefined } : skip),
  filter: ({ hostPorts }, { usedPorts }) =>
    hostPorts.some((port) => usedPorts.some((used) => clash(port, used))) ? taken : pass,
  requeue(pod, event) {
    if (event.kind === 'node-added') return true
    if (event.kind !== 'pod-gone') return false
    const freed = podInfo(event.pod).hostPorts
    return podInfo(pod).hostPorts.some((port) => freed.some((other) => clash(port, other)))
  },
}

function clash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0'
}
