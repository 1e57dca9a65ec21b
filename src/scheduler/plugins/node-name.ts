import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse } from '../plugin.ts'

const mismatch = refuse("node(s) didn't match the requested node name", { final: true })

/** A pod that names its node goes there and nowhere else. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  filter: ({ pod }, { node }) => (!pod.spec.nodeName || pod.spec.nodeName === node.metadata.name ? pass : mismatch),
  requeue: (_pod, event) => event.kind === 'node-added',
}
