import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { importImages } from '../images/import-images.ts'
import { hostArchitecture, PAUSE_IMAGE, pauseImageArchive } from '../images/pause-image.ts'
import type { Containerd } from './containerd.ts'

/** Makes sure that the sandbox image is there, made on this machine. Does nothing when it is. */
export async function ensurePauseImage(
  containerd: Containerd,
  runtime: Pick<ContainerRuntime, 'imageStatus'>,
  signal: AbortSignal,
): Promise<void> {
  if (await runtime.imageStatus({ image: PAUSE_IMAGE }, signal)) return
  const directory = join(containerd.paths.root, 'import')
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'pause.tar')
  try {
    await writeFile(file, pauseImageArchive(hostArchitecture()))
    const { snapshotter } = await containerd.facts()
    await importImages([file], { socketPath: containerd.paths.socket, snapshotter }, signal)
  } finally {
    await rm(file, { force: true })
  }
}
