import type { WatchEvent } from '../client/transport.ts'

/** One watcher of a fake API: events wait until the reader takes them. */
export class FakeWatch<T> {
  /** The resource watched, `deployments.apps`. */
  resource = ''
  readonly #selects: (object: T) => boolean
  readonly #pending: WatchEvent<unknown>[] = []
  #wake = (): void => {}
  #ended = false

  constructor(selects: (object: T) => boolean) {
    this.#selects = selects
  }

  send(event: { readonly type: WatchEvent<T>['type']; readonly object: unknown }): void {
    if (this.#ended || !this.#selects(event.object as T)) return
    this.#pending.push(event as WatchEvent<unknown>)
    this.#wake()
  }

  bookmark(object: object): void {
    this.#pending.push({ type: 'BOOKMARK', object } as WatchEvent<unknown>)
    this.#wake()
  }

  /** Breaks the stream; what the reader has not taken is lost. */
  end(): void {
    this.#pending.length = 0
    this.#ended = true
    this.#wake()
  }

  async *events(signal: AbortSignal): AsyncIterable<WatchEvent<unknown>[]> {
    const onAbort = () => this.#wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        if (this.#pending.length > 0) yield this.#pending.splice(0)
        else if (this.#ended) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
