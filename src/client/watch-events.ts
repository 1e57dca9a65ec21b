import { StatusError } from '../api/status-error.ts'
import type { Status } from '../api/types/meta.v1.ts'
import { deepFreeze } from '../base/deep-readonly.ts'
import { linesOf } from './lines-of.ts'
import type { WatchEvent } from './transport.ts'

/**
 * The events in the body of a watch, those that come together in one array, which is never empty. Throws what the server
 * says in an ERROR event, and on what is no event; not before it has told of the events that came with it.
 */
export async function* watchEvents<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly WatchEvent<T>[]> {
  for await (const lines of linesOf(body)) {
    const { events, failure } = decoded<T>(lines)
    if (events.length > 0) yield events
    if (failure !== undefined) throw failure
  }
}

function decoded<T>(lines: readonly string[]): { events: WatchEvent<T>[]; failure?: unknown } {
  const events: WatchEvent<T>[] = []
  try {
    for (const line of lines) events.push(watchEvent<T>(line))
  } catch (failure) {
    return { events, failure }
  }
  return { events }
}

function watchEvent<T>(line: string): WatchEvent<T> {
  const { type, object } = JSON.parse(line) as { type: string; object: unknown }
  if (type === 'ERROR') throw StatusError.fromStatus(object as Status)
  return deepFreeze({ type, object }) as WatchEvent<T>
}
