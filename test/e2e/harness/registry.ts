import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { outputOf } from './command.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

/** Who may pull from a registry with `withUsers`. */
export const REGISTRY_USER = { name: 'anna', password: 'geheim' }

const HTPASSWD = '$2b$05$navarchnavarchnavarchuKkRhbB7lM/RpLDSjSWyp.XocKE3Eh6m' // bcrypt of the password

export interface RegistryOptions {
  /** Its files. */
  readonly directory: string
  readonly withUsers?: boolean
  /** HTTPS with this certificate; absent: plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string }
}

/** Debian's docker-registry on a loopback port. Disposing ends it. */
export class Registry implements AsyncDisposable {
  readonly port: number
  readonly #stop: () => Promise<void>
  readonly #curl: readonly string[]

  private constructor(port: number, curl: readonly string[], stop: () => Promise<void>) {
    this.port = port
    this.#curl = curl
    this.#stop = stop
  }

  static async start(options: RegistryOptions): Promise<Registry> {
    const port = await freePort()
    mkdirSync(options.directory, { recursive: true })
    const child = spawn('docker-registry', ['serve', writeConfiguration(port, options)], { stdio: 'ignore' })
    const stop = async (): Promise<void> => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    const credentials = `${REGISTRY_USER.name}:${REGISTRY_USER.password}`
    const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
    const registry = new Registry(port, ['-sSfk', ...(options.withUsers ? ['-u', credentials] : []), url], stop)
    try {
      await eventually(() => registry.#send('/v2/'))
      return registry
    } catch (error) {
      await stop()
      throw error
    }
  }

  /** As an image's name has it. */
  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Pushes the only image of an OCI archive as `repository:tag` (distribution-spec v1: blobs, then the manifest). */
  async push(archive: string, repository: string, tag: string): Promise<void> {
    const blobs = await unpack(archive)
    const { manifests } = JSON.parse(readFileSync(join(blobs, 'index.json'), 'utf8')) as { manifests: [Descriptor] }
    const blobFile = ({ digest }: Descriptor): string => join(blobs, 'blobs', digest.replace(':', '/'))
    const manifest = JSON.parse(readFileSync(blobFile(manifests[0]), 'utf8')) as {
      config: Descriptor
      layers: Descriptor[]
    }
    for (const blob of [manifest.config, ...manifest.layers]) await this.#upload(repository, blob, blobFile(blob))
    const type = `content-type: ${manifests[0].mediaType}`
    await this.#send(`/v2/${repository}/manifests/${tag}`, '-X', 'PUT', '-H', type, '-T', blobFile(manifests[0]))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop()
  }

  async #upload(repository: string, { digest }: Descriptor, file: string): Promise<void> {
    const headers = await this.#send(`/v2/${repository}/blobs/uploads/`, '-X', 'POST', '-D', '-')
    const location = new URL(/^location: (\S+)/im.exec(headers)?.[1] ?? '', 'http://registry')
    location.searchParams.set('digest', digest)
    const type = 'content-type: application/octet-stream'
    await this.#send(`${location.pathname}${location.search}`, '-X', 'PUT', '-H', type, '-T', file)
  }

  #send(path: string, ...args: readonly string[]): Promise<string> {
    return outputOf('curl', [...this.#curl.slice(0, -1), ...args, `${this.#curl.at(-1)}${path}`])
  }
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
}

async function unpack(archive: string): Promise<string> {
  const directory = `${archive}.unpacked`
  mkdirSync(directory, { recursive: true })
  await outputOf('tar', ['-xf', archive, '-C', directory])
  return directory
}

function writeConfiguration(port: number, { directory, withUsers, tls }: RegistryOptions): string {
  const users = join(directory, 'htpasswd')
  if (withUsers) writeFileSync(users, `${REGISTRY_USER.name}:${HTPASSWD}\n`)
  const file = join(directory, 'config.yml')
  const configuration = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(directory, 'images') } },
    http: { addr: `127.0.0.1:${port}`, ...(tls && { tls }) },
    ...(withUsers && { auth: { htpasswd: { realm: 'tests', path: users } } }),
  }
  writeFileSync(file, stringify(configuration))
  return file
}

/** A certificate authority and a certificate of it for loopback, made by openssl. */
export async function privateAuthority(directory: string): Promise<{ ca: string; certificate: string; key: string }> {
  const at = (name: string): string => join(directory, name)
  mkdirSync(directory, { recursive: true })
  const openssl = (...args: string[]): Promise<string> => outputOf('openssl', args)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
    '-days',
    '2',
    '-subj',
    '/CN=tests',
  )
  await openssl('req', ...newKey, '-keyout', at('tls.key'), '-out', at('tls.csr'), '-subj', '/CN=registry')
  writeFileSync(at('extensions'), 'subjectAltName=IP:127.0.0.1\n')
  const signing = [
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('extensions'),
  ]
  await openssl('x509', '-req', '-in', at('tls.csr'), '-out', at('tls.crt'), ...signing)
  return { ca: at('ca.crt'), certificate: at('tls.crt'), key: at('tls.key') }
}
