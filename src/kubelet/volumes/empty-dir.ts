import { chmod, mkdir } from 'node:fs/promises'
import { unitValue } from '../../api/quantity.ts'
import type { VolumePlugin } from './volume-plugin.ts'

/** A directory that lives as long as the pod; with medium Memory a tmpfs of the size limit. */
export const emptyDir: VolumePlugin = {
  name: 'kubernetes.io/empty-dir',
  handles: ({ emptyDir: source }) => source !== undefined,
  async mount({ volume, directory, signal }, { mounts }) {
    const { medium = '', sizeLimit } = volume.emptyDir ?? {}
    if (medium !== '' && medium !== 'Memory') throw new Error(`unknown storage medium ${JSON.stringify(medium)}`)
    if (medium === 'Memory') {
      const sizeBytes = sizeLimit ? unitValue(sizeLimit) : undefined
      if (!(await mounts.isMounted(directory)))
        await mounts.mountTmpfs(directory, sizeBytes ? { sizeBytes } : {}, signal)
    } else {
      const made = await mkdir(directory, { recursive: true })
      if (made) await chmod(directory, 0o777)
    }
    return { hostPath: directory, readOnly: false, ownedByGroup: true }
  },
}
