import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EtcdMember, type EtcdMemberOptions } from './etcd-member.ts'

export { hasEtcd } from './etcd-member.ts'

export type EtcdServerOptions = Pick<EtcdMemberOptions, 'args' | 'tls'>

/** An etcd of one member on loopback, in a directory of its own that goes with it. */
export class EtcdServer implements AsyncDisposable {
  readonly directory: string
  readonly #member: EtcdMember

  static async start(options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const [client, peer] = await freePorts(2)
    const peerUrl = `http://127.0.0.1:${peer}`
    const directory = mkdtempSync(join(tmpdir(), 'navarch-etcd-'))
    const member = new EtcdMember({
      name: 'one',
      dataDir: join(directory, 'data'),
      clientUrl: `${options.tls ? 'https' : 'http'}://127.0.0.1:${client}`,
      peerUrl,
      cluster: `one=${peerUrl}`,
      ...options,
    })
    const server = new EtcdServer(directory, member)
    await server.start()
    return server
  }

  private constructor(directory: string, member: EtcdMember) {
    this.directory = directory
    this.#member = member
  }

  get url(): string {
    return this.#member.url
  }

  /** Of its process, while it runs. */
  get pid(): number {
    return this.#member.pid
  }

  start(): Promise<void> {
    return this.#member.start()
  }

  kill(): Promise<void> {
    return this.#member.kill()
  }

  pause(): void {
    this.#member.pause()
  }

  resume(): void {
    this.#member.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
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
