import type { Pod, Toleration } from '../../../api/types/core.v1.ts'
import { deepFreeze } from '../../../base/deep-readonly.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const DEFAULT_SECONDS = 300
/** The same for every pod: all have these frozen objects, which the cache keeps with them. */
const DEFAULTS = deepFreeze(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map(defaultToleration))

/** Pods stay on a node that went away for five minutes, unless they say themselves for how long. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && isAbout(request, '', 'pods'),
  mutate({ object }) {
    const { spec } = object as Pod
    const given = spec.tolerations
    if (!given?.length) spec.tolerations = DEFAULTS as Toleration[]
    else {
      const missing = DEFAULTS.filter(({ key }) => !given.some((toleration) => covers(toleration, key)))
      if (missing.length > 0) spec.tolerations = [...given, ...missing]
    }
  },
}

function covers({ key, effect }: Toleration, taint: string | undefined): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute')
}

function defaultToleration(key: string): Toleration {
  return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_SECONDS }
}
