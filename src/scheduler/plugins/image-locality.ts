import type { SchedulerPlugin } from '../plugin.ts'
import { MAX_SCORE } from '../plugin.ts'

const MB = 1024 * 1024
const LEAST_BYTES = 23 * MB
const MOST_BYTES_PER_CONTAINER = 1000 * MB

/**
 * Prefers nodes that have the pod's images. An image counts by its size and by the share of nodes that have it, so that
 * one node with an image does not draw all pods.
 */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  score: {
    weight: 1,
    of({ pod }, node, snapshot) {
      const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
      const present = containers.reduce((sum, { image }) => {
        const name = normalized(image ?? '')
        const size = node.images.get(name) ?? 0
        return sum + Math.trunc((size * snapshot.imageSpread(name)) / snapshot.nodes.length)
      }, 0)
      const most = MOST_BYTES_PER_CONTAINER * containers.length
      const bounded = Math.min(Math.max(present, LEAST_BYTES), most)
      return Math.trunc((MAX_SCORE * (bounded - LEAST_BYTES)) / (most - LEAST_BYTES))
    },
  },
}

/** Nodes list images with their tag. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
