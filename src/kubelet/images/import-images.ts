import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemEnvironment } from '../../base/system-path.ts'

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/** An archive that is no image, or that containerd could not take. */
export class ImageImportError extends Error {
  readonly file: string

  constructor(file: string, why: string, cause?: unknown) {
    super(`${file}: ${why}`, cause === undefined ? undefined : { cause })
    this.file = file
  }
}

export interface ImportTarget {
  /** containerd's socket. */
  readonly socketPath: string
  readonly snapshotter?: string
}

/**
 * Loads image archives (OCI layouts and `docker save`, plain or gzipped) into the namespace that CRI uses, unpacked, and
 * answers the names of the images. Rejects with an ImageImportError for the first archive that fails.
 */
export async function importImages(
  files: readonly string[],
  { socketPath, snapshotter = 'overlayfs' }: ImportTarget,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = []
  const base = ['--address', socketPath, '--namespace', 'k8s.io', 'images', 'import', '--snapshotter', snapshotter]
  for (const file of files) {
    const { stdout } = await run('ctr', [...base, file], {
      signal,
      maxBuffer: MAX_OUTPUT_BYTES,
      env: systemEnvironment(),
    }).catch((error) => {
      throw signal.aborted ? error : importError(file, error)
    })
    names.push(...importedNames(stdout))
  }
  return names
}

/** ctr reports each image as `unpacking <name> (sha256:…)...done`, since 2.0 as `<name> saved`. */
export function importedNames(output: string): string[] {
  const patterns = [/^unpacking (\S+) \(sha256:/gm, /^(\S+)\s+saved\b/gm]
  return [...new Set(patterns.flatMap((pattern) => Array.from(output.matchAll(pattern), ([, name]) => name as string)))]
}

function importError(file: string, error: Error & { stderr?: string; code?: unknown }): ImageImportError {
  if (error.code === 'ENOENT')
    return new ImageImportError(file, 'the ctr program of containerd is not installed', error)
  const last = (error.stderr ?? error.message).trim().split('\n').at(-1) ?? ''
  const detail = last.replace(/^ctr: /, '')
  if (/no such file or directory/.test(detail)) return new ImageImportError(file, 'no such file', error)
  if (/unrecognized image format|invalid tar header|unexpected EOF|gzip|checksum|digest/i.test(detail)) {
    return new ImageImportError(file, `not a readable image archive (${detail})`, error)
  }
  return new ImageImportError(file, detail, error)
}
