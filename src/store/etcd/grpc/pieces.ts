import type { StreamCall, StreamHandlers } from './stream-call.ts'

/** The messages of a call, taken one after the other: the server sends on only as fast as they are. */
export interface Pieces extends AsyncIterable<Buffer>, AsyncDisposable {
  readonly call: StreamCall
}

/** Opens a call and hands its messages out. Iterating rejects with what the call ended with; it just ends when `signal` aborts. */
export async function openPieces(
  open: (handlers: StreamHandlers) => Promise<StreamCall>,
  signal: AbortSignal,
): Promise<Pieces> {
  const waiting: Buffer[] = []
  let [isOver, fault, wake] = [false, undefined as Error | undefined, () => {}]
  const end = (error?: Error): void => {
    isOver = true
    fault = error
    wake()
  }
  const call = await open({
    isPaced: true,
    onMessage(message) {
      waiting.push(message)
      wake()
    },
    onEnd: end,
  })
  const abort = () => {
    call.cancel()
    end()
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return {
    call,
    async *[Symbol.asyncIterator]() {
      while (true) {
        for (let message = waiting.shift(); message; message = waiting.shift()) {
          yield message
          call.consumed(message)
        }
        if (fault) throw fault
        if (isOver) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', abort)
      abort()
    },
  }
}
