import type { SecretVolumeSource } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { writeAtomically } from './atomic-writer.ts'
import { DEFAULT_MODE } from './config-map.ts'
import { secretFiles } from './object-data.ts'
import type { VolumePlugin } from './volume-plugin.ts'

/** The keys of a Secret as files, in memory only. */
export const secret: VolumePlugin = {
  name: 'kubernetes.io/secret',
  handles: ({ secret: source }) => source !== undefined,
  references: ({ secret: source }) => [{ kind: 'secrets', name: source?.secretName ?? '' }],
  async mount({ pod, volume, memoryDirectory, signal }, { objects }) {
    const {
      secretName = '',
      items,
      optional,
      defaultMode = DEFAULT_MODE,
    } = volume.secret as DeepReadonly<SecretVolumeSource>
    const scope = { namespace: pod.metadata.namespace, objects, signal }
    await writeAtomically(memoryDirectory, await secretFiles({ name: secretName, items, optional, defaultMode }, scope))
    return { hostPath: memoryDirectory, readOnly: true, ownedByGroup: true }
  },
}
