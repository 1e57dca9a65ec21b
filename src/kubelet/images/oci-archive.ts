import { createHash } from 'node:crypto'
import type { TarEntry } from './tar.ts'
import { tarArchive } from './tar.ts'

/** A one-layer image to be made from files at hand. */
export interface ImageContents {
  /** Full reference: `navarch.io/pause:1`. */
  readonly name: string
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string
  readonly files: readonly TarEntry[]
  /** Part of the OCI image configuration: Entrypoint, Cmd, Env, User, WorkingDir… */
  readonly config: Readonly<Record<string, unknown>>
}

interface Blob {
  readonly digest: string
  readonly bytes: Buffer
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** An OCI image layout (image-spec v1.0) as a tar file that `ctr images import` and `docker load` take. */
export function ociArchive({ name, architecture, files, config }: ImageContents): Buffer {
  const layer = blobOf(tarArchive(files))
  const image = blobOf(
    json({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [layer.digest] } }),
  )
  const manifest = blobOf(
    json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor(CONFIG, image),
      layers: [descriptor(LAYER, layer)],
    }),
  )
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name }
  const platform = { architecture, os: 'linux' }
  const index = { schemaVersion: 2, manifests: [{ ...descriptor(MANIFEST, manifest), platform, annotations }] }
  return tarArchive([
    { path: 'oci-layout', mode: 0o644, data: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', mode: 0o644, data: json(index) },
    ...[layer, image, manifest].map(blobEntry),
  ])
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

function blobOf(bytes: Buffer): Blob {
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

function descriptor(mediaType: string, { digest, bytes }: Blob): object {
  return { mediaType, digest, size: bytes.length }
}

function blobEntry({ digest, bytes }: Blob): TarEntry {
  return { path: `blobs/${digest.replace(':', '/')}`, mode: 0o644, data: bytes }
}
