import type { ConfigMapVolumeSource } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { writeAtomically } from './atomic-writer.ts'
import { configMapFiles } from './object-data.ts'
import type { VolumePlugin } from './volume-plugin.ts'

export const DEFAULT_MODE = 0o644

/** The keys of a ConfigMap as files. */
export const configMap: VolumePlugin = {
  name: 'kubernetes.io/configmap',
  handles: ({ configMap: source }) => source !== undefined,
  references: ({ configMap: source }) => [{ kind: 'configMaps', name: source?.name ?? '' }],
  async mount({ pod, volume, directory, signal }, { objects }) {
    const {
      name = '',
      items,
      optional,
      defaultMode = DEFAULT_MODE,
    } = volume.configMap as DeepReadonly<ConfigMapVolumeSource>
    const scope = { namespace: pod.metadata.namespace, objects, signal }
    await writeAtomically(directory, await configMapFiles({ name, items, optional, defaultMode }, scope))
    return { hostPath: directory, readOnly: true, ownedByGroup: true }
  },
}
