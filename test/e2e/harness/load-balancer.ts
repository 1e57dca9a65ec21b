import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { outputOf } from './command.ts'
import { eventually } from './eventually.ts'

export interface Backend {
  readonly name: string
  readonly address: string
  readonly port: number
}

/** The balancer that docs/high-availability.md recommends, on loopback: HAProxy, passing TCP on to servers that are ready. */
export class LoadBalancer implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess

  static async start(directory: string, port: number, backends: readonly Backend[]): Promise<LoadBalancer> {
    const file = join(directory, 'haproxy.cfg')
    writeFileSync(file, configuration(port, backends))
    await outputOf('haproxy', ['-c', '-f', file])
    const balancer = new LoadBalancer(port, spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' }))
    await eventually(() => answers(port))
    return balancer
  }

  private constructor(port: number, process: ChildProcess) {
    this.port = port
    this.#process = process
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}

const configuration = (port: number, backends: readonly Backend[]): string => `
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  retries 3
  option redispatch

frontend kubernetes
  bind 127.0.0.1:${port}
  default_backend servers

backend servers
  balance roundrobin
  option httpchk GET /readyz
  default-server check check-ssl verify none inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
${backends.map(({ name, address, port: at }) => `  server ${name} ${address}:${at}`).join('\n')}
`

async function answers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}
