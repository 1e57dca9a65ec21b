import { ociArchive } from './oci-archive.ts'
import type { PauseArchitecture } from './pause-program.ts'
import { pauseProgram } from './pause-program.ts'

/** The image of every sandbox's own process. It is made here, so that a node needs no registry to start its first pod. */
export const PAUSE_IMAGE = 'navarch.io/pause:1'

/** The pause image as an OCI archive. */
export function pauseImageArchive(architecture: PauseArchitecture): Buffer {
  return ociArchive({
    name: PAUSE_IMAGE,
    architecture,
    files: [{ path: 'pause', mode: 0o755, data: pauseProgram(architecture) }],
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
  })
}

/** This machine's architecture. Throws where Navarch has no pause program for it. */
export function hostArchitecture(name: string = process.arch): PauseArchitecture {
  if (name === 'x64') return 'amd64'
  if (name === 'arm64') return 'arm64'
  throw new Error(`containers cannot be run on this architecture: ${name}`)
}
