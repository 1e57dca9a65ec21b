import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostArchitecture } from '../kubelet/images/pause-image.ts'
import { type TarEntry, tarArchive } from '../kubelet/images/tar.ts'
import { type TestAuthority, testAuthority } from './certificates.ts'

/** Debian's docker-registry on loopback with one user, over plain HTTP or TLS. */
export interface ImageRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  /** `http://…` or `https://…`. */
  readonly url: string
  /** PEM of the authority that signed its certificate, where it has one. */
  readonly ca: string | undefined
  /** Where it keeps its images; another registry may serve the same. */
  readonly storage: string
}

export const REGISTRY_USER = { username: 'tester', password: 'secret' } as const

/** bcrypt of the password above, the only kind that the registry takes. */
const HTPASSWD = `${REGISTRY_USER.username}:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n`
const START_MS = 10_000

export interface RegistryOptions {
  /** Ask for the user's password. */
  readonly authenticated?: boolean
  readonly tls?: boolean
  /** The images of another registry. */
  readonly storage?: string
}

export async function startImageRegistry(options: RegistryOptions = {}): Promise<ImageRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const { authenticated, tls, storage = join(directory, 'storage') } = options
  const authority = tls ? await testAuthority('registry-ca') : undefined
  const http = { addr: host, ...(authority && { tls: await certificateFiles(authority, directory) }) }
  const htpasswd = join(directory, 'htpasswd')
  await writeFile(htpasswd, HTPASSWD)
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: storage } },
    http,
    ...(authenticated && { auth: { htpasswd: { realm: 'test', path: htpasswd } } }),
  }
  const file = join(directory, 'config.json')
  await writeFile(file, JSON.stringify(config)) // JSON is YAML
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' })
  const dispose = async (): Promise<void> => {
    await stop(child)
    await rm(directory, { recursive: true, force: true })
  }
  await once(child, 'spawn')
  await listening(host).catch((error) => dispose().then(() => Promise.reject(error)))
  const url = `${tls ? 'https' : 'http'}://${host}`
  return { host, url, ca: authority?.ca, storage, [Symbol.asyncDispose]: dispose }
}

async function certificateFiles(authority: TestAuthority, directory: string) {
  const { cert, key } = await authority.issue({ commonName: 'registry' }, ['server'])
  const files = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }
  await writeFile(files.certificate, cert)
  await writeFile(files.key, key)
  return files
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listening(host: string): Promise<void> {
  const { connect } = await import('node:net')
  const [name, port] = host.split(':')
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline) {
    const socket = connect(Number(port), name)
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the registry on ${host} did not start`)
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export interface PushedImage {
  readonly files: readonly TarEntry[]
  readonly config: Readonly<Record<string, unknown>>
  /** The image tells a digest that its layer does not have, once unpacked. */
  readonly corrupt?: boolean
}

/** Pushes a one-layer image (distribution-spec v1.0) to a registry over plain HTTP; answers its full name. */
export async function pushImage({ url, host }: ImageRegistry, name: string, image: PushedImage): Promise<string> {
  const layer = tarArchive(image.files)
  const diffId = image.corrupt ? digestOf(Buffer.from('something else')) : digestOf(layer)
  const rootfs = { type: 'layers', diff_ids: [diffId] }
  const config = Buffer.from(
    JSON.stringify({ architecture: hostArchitecture(), os: 'linux', config: image.config, rootfs }),
  )
  for (const blob of [layer, config]) await pushBlob(`${url}/v2/${name}`, blob)
  const part = (mediaType: string, bytes: Uint8Array) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: part('application/vnd.oci.image.config.v1+json', config),
    layers: [part('application/vnd.oci.image.layer.v1.tar', layer)],
  }
  const headers = { ...AUTHORIZATION, 'content-type': MANIFEST }
  const body = JSON.stringify(manifest)
  await expectCreated(await fetch(`${url}/v2/${name}/manifests/1`, { method: 'PUT', headers, body }))
  return `${host}/${name}:1`
}

const AUTHORIZATION = { authorization: `Basic ${btoa(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`)}` }

async function pushBlob(repository: string, bytes: Buffer): Promise<void> {
  const begun = await fetch(`${repository}/blobs/uploads/`, { method: 'POST', headers: AUTHORIZATION })
  const place = new URL(begun.headers.get('location') ?? '')
  place.searchParams.set('digest', digestOf(bytes))
  const headers = { ...AUTHORIZATION, 'content-type': 'application/octet-stream' }
  await expectCreated(await fetch(place, { method: 'PUT', headers, body: new Uint8Array(bytes) }))
}

async function expectCreated(response: Response): Promise<void> {
  if (response.status !== 201) throw new Error(`the registry answers ${response.status}: ${await response.text()}`)
}
