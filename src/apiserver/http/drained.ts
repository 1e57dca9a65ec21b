import type { EventEmitter } from 'node:events'

/** What a stream that is written to says of itself; Node's answers are such without being Writables. */
interface Drainable extends EventEmitter {
  readonly writableNeedDrain: boolean
  readonly destroyed: boolean
}

/** Resolves when the stream takes more, or is closed. */
export function drained(stream: Drainable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
