import type { Pod, Toleration } from '../../../api/types/core.v1.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const DEFAULT_SECONDS = 300

/** Pods stay on a node that went away for five minutes, unless they say themselves for how long. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && isAbout(request, '', 'pods'),
  mutate({ object }) {
    const { spec } = object as Pod
    const given = spec.tolerations ?? []
    const missing = TAINTS.filter((taint) => !given.some((toleration) => covers(toleration, taint)))
    if (missing.length > 0) spec.tolerations = [...given, ...missing.map(defaultToleration)]
  },
}

function covers({ key, effect }: Toleration, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute')
}

function defaultToleration(key: string): Toleration {
  return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_SECONDS }
}
