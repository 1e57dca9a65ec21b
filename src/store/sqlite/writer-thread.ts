import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../store.ts'
import type { WriterReply, WriterRequest } from './messages.ts'
import { DatabaseRefused } from './schema.ts'

type ReplyOf<Type extends WriterReply['type']> = Extract<WriterReply, { type: Type }>

/** The writer's thread, seen from the main thread: sends requests and matches the replies. */
export class WriterThread {
  readonly #worker: Worker
  /** Requests without a reply yet, oldest first: replies come in the same order. */
  readonly #waiting: PromiseWithResolvers<WriterReply>[] = []
  readonly #ended = Promise.withResolvers<StoreUnavailable>()
  /** Why the thread ended, once it has. */
  #fault: StoreUnavailable | undefined

  constructor() {
    this.#worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url))
    this.#worker.on('message', (reply: WriterReply) => this.#waiting.shift()?.resolve(reply))
    this.#worker.on('error', (error) => this.#end(`the store's writer failed: ${(error as Error).message}`, error))
    this.#worker.on('exit', () => this.#end("the store's writer ended"))
  }

  /** Resolves with the reason when the thread has ended, by itself or by `terminate`. */
  get ended(): Promise<StoreUnavailable> {
    return this.#ended.promise
  }

  /** Rejects with DatabaseRefused when the database may not be opened, else with StoreUnavailable. */
  async call<Type extends WriterReply['type']>(
    expected: Type,
    request: WriterRequest,
    transfer: ArrayBuffer[] = [],
  ): Promise<ReplyOf<Type>> {
    if (this.#fault) throw this.#fault
    const waiting = Promise.withResolvers<WriterReply>()
    this.#waiting.push(waiting)
    this.#worker.postMessage(request, transfer)
    const reply = await waiting.promise
    if (reply.type === expected) return reply as ReplyOf<Type>
    throw failure(reply)
  }

  #end(why: string, cause?: unknown): void {
    if (this.#fault) return
    this.#fault = new StoreUnavailable(why, { cause })
    for (const request of this.#waiting.splice(0)) request.reject(this.#fault)
    this.#ended.resolve(this.#fault)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

function failure(reply: WriterReply): Error {
  if (reply.type !== 'failed') return new Error(`unexpected reply ${reply.type} of the store's writer`)
  if (reply.name === 'DatabaseRefused') return new DatabaseRefused(reply.message)
  return new StoreUnavailable(`the store cannot write: ${reply.message}`)
}
