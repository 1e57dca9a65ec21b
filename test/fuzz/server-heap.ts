import { eventually } from '../e2e/harness/eventually.ts'

interface Reply {
  readonly id: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
  readonly error?: { readonly message: string }
}

/** For the environment of a server that `ServerHeap` shall look into: the port that its inspector opens, once asked to. */
export const inspectable = (port: number): string => `--inspect-port=127.0.0.1:${port}`

/** What a server process keeps in memory, by the inspector of Node.js: exact, as it collects its garbage first. */
export class ServerHeap implements Disposable {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #last = 0

  /** Opens the inspector of a process that was started with `inspectable(port)`. */
  static async open(pid: number, port: number): Promise<ServerHeap> {
    process.kill(pid, 'SIGUSR1')
    const targets = await eventually(async () => (await fetch(`http://127.0.0.1:${port}/json/list`)).json())
    const socket = new WebSocket((targets as [{ webSocketDebuggerUrl: string }])[0].webSocketDebuggerUrl)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    return new ServerHeap(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
  }

  /** Objects and buffers, in bytes. */
  async bytes(): Promise<number> {
    // What finalizers let go of, the second collection finds.
    for (let round = 0; round < 2; round++) await this.#call('HeapProfiler.collectGarbage')
    const expression = '(({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers)(process.memoryUsage())'
    const { result } = await this.#call('Runtime.evaluate', { expression, returnByValue: true })
    return result?.result?.value as number
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  async #call(method: string, params: object = {}): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const id = ++this.#last
    this.#waiting.set(id, resolve)
    this.#socket.send(JSON.stringify({ id, method, params }))
    const reply = await promise
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`)
    return reply
  }
}
