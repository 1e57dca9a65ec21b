import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

export interface EtcdMemberOptions {
  readonly name: string
  readonly dataDir: string
  readonly clientUrl: string
  readonly peerUrl: string
  /** Every member of the cluster: `name=peerUrl`, joined by commas. */
  readonly cluster: string
  /** The network namespace that it runs in; absent: this host's. */
  readonly namespace?: string
  /** Files in PEM: clients must use TLS, and with `clientCa` have a certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  readonly heartbeatMs?: number
  readonly args?: readonly string[]
}

/** Whether the tests that need a real etcd can run: `tools/setup --test` installs it. */
export const hasEtcd = (): boolean => spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0

/** One process of etcd. */
export class EtcdMember {
  readonly #options: EtcdMemberOptions
  #process: ChildProcess | undefined

  constructor(options: EtcdMemberOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#options.clientUrl
  }

  /** Throws when it does not run. */
  get pid(): number {
    const { pid } = this.#process ?? {}
    if (pid === undefined) throw new Error('this member of etcd does not run')
    return pid
  }

  /** Starts it on what it had; resolves when it serves clients, which takes a majority of the cluster. */
  async start(): Promise<void> {
    const { namespace } = this.#options
    const command = namespace ? ['ip', 'netns', 'exec', namespace, 'etcd'] : ['etcd']
    const child = spawn(command[0] as string, [...command.slice(1), ...argumentsOf(this.#options)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = child
    await serves(child)
    child.stderr?.removeAllListeners('data').resume()
  }

  /** As a crash does: kill -9. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Holds the process still: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }
}

function argumentsOf(options: EtcdMemberOptions): string[] {
  const { name, dataDir, clientUrl, peerUrl, cluster, tls, heartbeatMs = 20, args = [] } = options
  return [
    ...['--name', name, '--data-dir', dataDir, '--logger', 'zap', '--log-level', 'info'],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl, '--initial-cluster', cluster],
    ...['--heartbeat-interval', String(heartbeatMs), '--election-timeout', String(5 * heartbeatMs)],
    ...['--max-request-bytes', '8000000'],
    ...(tls ? ['--cert-file', tls.cert, '--key-file', tls.key] : []),
    ...(tls?.clientCa ? ['--client-cert-auth', '--trusted-ca-file', tls.clientCa] : []),
    ...args,
  ]
}

/** Etcd says that it serves clients; until then it refuses them. */
function serves(child: ChildProcess): Promise<void> {
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
