import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Job, Reply } from './client.ts'
import type { Tally } from './closed-loop.ts'

/** A client process that is connected and waits. */
export class Client {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts one; resolves when its connections (and watches) are open. */
  static async start(job: Job): Promise<Client> {
    const client = new Client(fork(new URL('client.ts', import.meta.url)))
    client.#process.send(job)
    await client.#reply()
    return client
  }

  /** Begins the work and resolves when it is done. For watchers: what they have seen since `reset`. */
  async finish(): Promise<Tally> {
    this.#process.send('go')
    const message = await this.#reply()
    if (!('tally' in message)) throw new Error('unexpected word of a client')
    return message.tally
  }

  reset(): void {
    this.#process.send('reset')
  }

  [Symbol.dispose](): void {
    this.#process.kill()
  }

  async #reply(): Promise<Reply> {
    const ended = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`a client of the benchmark ended (${code})`)
    })
    ended.catch(() => {}) // only news while a reply is awaited
    return Promise.race([once(this.#process, 'message').then(([message]) => message as Reply), ended])
  }
}

/** The whole of a job that ends by itself. */
export async function runClient(job: Job): Promise<Tally> {
  using client = await Client.start(job)
  return await client.finish() // not before the client may go
}
