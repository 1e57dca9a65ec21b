import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface EtcdServerOptions {
  /** Further arguments: `--auto-compaction-retention=…`. */
  readonly args?: readonly string[]
  /** Files in PEM: clients must use TLS, and with `clientCa` have a certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
}

/** Whether the tests that need a real etcd can run: `tools/setup --test` installs it. */
export const hasEtcd = (): boolean => spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0

/** An etcd of one member on loopback, in a directory of its own that goes with it. */
export class EtcdServer implements AsyncDisposable {
  readonly url: string
  readonly #peer: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'navarch-etcd-'))
  readonly #options: EtcdServerOptions
  #process: ChildProcess | undefined

  static async start(options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const [client, peer] = await freePorts(2)
    const server = new EtcdServer(client!, peer!, options)
    await server.start()
    return server
  }

  private constructor(client: number, peer: number, options: EtcdServerOptions) {
    this.url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${client}`
    this.#peer = peer
    this.#options = options
  }

  /** Starts the member again on what it had; resolves when it serves clients. */
  async start(): Promise<void> {
    const { tls, args = [] } = this.#options
    const peer = `http://127.0.0.1:${this.#peer}`
    const child = spawn(
      'etcd',
      [
        ...['--name', 'one', '--data-dir', join(this.#directory, 'data'), '--logger', 'zap', '--log-level', 'info'],
        ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `one=${peer}`],
        ...['--heartbeat-interval', '20', '--election-timeout', '100', '--max-request-bytes', '8000000'],
        ...(tls ? ['--cert-file', tls.cert, '--key-file', tls.key] : []),
        ...(tls?.clientCa ? ['--client-cert-auth', '--trusted-ca-file', tls.clientCa] : []),
        ...args,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#process = child
    await ready(child)
    child.stderr?.removeAllListeners('data').resume()
  }

  /** As a crash does: kill -9. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Holds the process still, as a cut link does: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Etcd says that it serves clients; until then it refuses them. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_000)
      if (/serving (insecure )?client (requests|traffic)/.test(said)) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`etcd ended with status ${code}: ${said.slice(-1_000)}`)))
  })
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}
