import { Reason, StatusError } from '../api/status-error.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { ApiRequest, Transport, WatchEvent } from './transport.ts'

/** A transport to one server; HttpsTransport is one. Disposing breaks its watches. */
export interface ServerTransport extends Transport, Disposable {
  /** The JSON at any path. */
  get(path: string, signal?: AbortSignal): Promise<unknown>
}

export interface SeveralServersDeps {
  /** `https://host:port` of those that are known from the start, at least one; they are never forgotten. */
  readonly servers: readonly string[]
  /** A transport that does not come back by itself to a server that refuses: others are asked first. */
  readonly open: (server: string) => ServerTransport
  readonly clock: Clock
  readonly log: Logger
}

/** A server that has not answered by then stands still, or is cut off. */
const READ_MS = 10_000
const WRITE_MS = 60_000
/** How often the server of open watches is asked whether it is there, and for how long. */
const CHECK_MS = 10_000
const CHECK_TIMEOUT_MS = 5_000

/**
 * Speaks to one of several API servers of a cluster, and to the next when that fails. A read is asked of each in turn; a write
 * goes to the next only when it is certain that nobody carried it out, else its failure is the caller's. Watches end when
 * their server is left; who reads them goes on from the last revision.
 */
export class SeveralServers implements Transport, Disposable {
  readonly #deps: SeveralServersDeps
  /** The one in use comes first. */
  #servers: readonly string[]
  readonly #open = new Map<string, ServerTransport>()
  readonly #watches = new Map<string, number>()
  readonly #checks = new Map<string, () => void>()

  constructor(deps: SeveralServersDeps) {
    this.#deps = deps
    this.#servers = [...deps.servers]
  }

  /** The server in use. */
  get current(): string {
    return this.#servers[0] as string
  }

  /** Servers that were learned, from now on: used before those known from the start. The one in use stays if it is known. */
  use(learned: readonly string[]): void {
    const servers = [...new Set([...learned, ...this.#deps.servers])]
    const { current } = this
    const others = servers.filter((server) => server !== current)
    this.#servers = servers.includes(current) ? [current, ...others] : others
    for (const server of this.#open.keys()) if (!servers.includes(server)) this.#close(server)
  }

  async call<T>(request: ApiRequest, signal?: AbortSignal): Promise<DeepReadonly<T>> {
    const isRead = request.verb === 'get' || request.verb === 'list'
    for (let tries = 1; ; tries++) {
      const server = this.current
      try {
        return await this.#withDeadline(isRead ? READ_MS : WRITE_MS, signal, (within) =>
          this.#transportTo(server).call<T>(request, within),
        )
      } catch (error) {
        if (signal?.aborted || !isServersFault(error)) throw error
        this.#leave(server, error)
        if (tries >= this.#servers.length || !(isRead || isUndone(error))) throw error
      }
    }
  }

  async *watch<T>(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]> {
    const server = this.current
    this.#watches.set(server, (this.#watches.get(server) ?? 0) + 1)
    this.#checkLater(server)
    try {
      yield* this.#transportTo(server).watch<T>(request, signal)
    } catch (error) {
      if (!signal.aborted && isServersFault(error)) this.#leave(server, error)
      throw error
    } finally {
      this.#unwatch(server)
    }
  }

  /** Breaks connections, so that the next are made with what `open` gives now. Watches end and are begun again. */
  reopen(): void {
    for (const server of this.#open.keys()) this.#close(server)
  }

  [Symbol.dispose](): void {
    this.reopen()
  }

  #transportTo(server: string): ServerTransport {
    const open = this.#open.get(server) ?? this.#deps.open(server)
    this.#open.set(server, open)
    return open
  }

  /** Turns to the next one, unless somebody did already. */
  #leave(server: string, error: unknown): void {
    this.#close(server)
    if (this.current !== server || this.#servers.length === 1) return
    this.#servers = [...this.#servers.slice(1), server]
    this.#deps.log.warn('another API server is used', { server: this.current, instead: server, error })
  }

  #close(server: string): void {
    this.#open.get(server)?.[Symbol.dispose]()
    this.#open.delete(server)
    this.#checks.get(server)?.()
    this.#checks.delete(server)
  }

  #unwatch(server: string): void {
    const left = (this.#watches.get(server) ?? 1) - 1
    if (left > 0) this.#watches.set(server, left)
    else this.#watches.delete(server)
  }

  /** A watch is silent when nothing happens, and when its server stands still. */
  #checkLater(server: string): void {
    if (this.#checks.has(server)) return
    const cancel = this.#deps.clock.after(CHECK_MS, () => {
      this.#checks.delete(server)
      if (this.#watches.has(server)) void this.#check(server)
    })
    this.#checks.set(server, cancel)
  }

  async #check(server: string): Promise<void> {
    const transport = this.#open.get(server)
    if (!transport) return
    try {
      await this.#withDeadline(CHECK_TIMEOUT_MS, undefined, (within) => transport.get('/version', within))
      if (this.#watches.has(server)) this.#checkLater(server)
    } catch (error) {
      if (isServersFault(error)) this.#leave(server, error)
    }
  }

  async #withDeadline<R>(
    ms: number,
    signal: AbortSignal | undefined,
    run: (within: AbortSignal) => Promise<R>,
  ): Promise<R> {
    const late = new AbortController()
    const cancel = this.#deps.clock.after(ms, () => late.abort(noAnswer(ms)))
    try {
      return await run(signal ? AbortSignal.any([signal, late.signal]) : late.signal)
    } finally {
      cancel()
    }
  }
}

/** The server, or what it needs, is not there: another may do better. */
const isServersFault = (error: unknown): boolean =>
  error instanceof StatusError && error.code === 503 && (error.cause !== undefined || isRefusal(error))

/** The server says that it cannot now: it has done nothing. */
const isRefusal = ({ details }: StatusError): boolean => details?.retryAfterSeconds !== undefined

const NEVER_CONNECTED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT']

/** Certain not to have been carried out. */
function isUndone(error: unknown): boolean {
  const { cause } = error as StatusError
  if (cause === undefined) return isRefusal(error as StatusError)
  const { code, syscall } = cause as NodeJS.ErrnoException
  return code !== undefined && NEVER_CONNECTED.includes(code) && syscall !== 'read'
}

function noAnswer(ms: number): StatusError {
  const message = `the server cannot be reached: no answer in ${ms / 1000} s`
  return new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message, cause: new Error('no answer') })
}
