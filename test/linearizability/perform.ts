import { OutcomeUnknown, RevisionMismatch, type Store, StoreUnavailable } from '../../src/store/store.ts'
import type { Operation, Outcome, ToldEvent } from './history.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)

/** Carries out an operation on a store. Rejects only with errors that a store has no business to throw. */
export async function perform(store: Store, operation: Operation): Promise<Outcome> {
  try {
    return await attempt(store, operation)
  } catch (error) {
    if (error instanceof RevisionMismatch) return { type: 'mismatch', actual: error.actual }
    if (error instanceof OutcomeUnknown) return { type: 'unknown', why: error.message }
    if (error instanceof StoreUnavailable) return { type: 'refused', why: error.message }
    if (operation.type === 'compact') return { type: 'done' } // somebody was faster
    throw error
  }
}

async function attempt(store: Store, operation: Operation): Promise<Outcome> {
  switch (operation.type) {
    case 'get': {
      const { entry, revision } = await store.get(operation.key)
      if (!entry) return { type: 'got', revision }
      return { type: 'got', revision, entry: { key: entry.key, value: text(entry.value), revision: entry.revision } }
    }
    case 'list': {
      const { entries, revision } = await store.list(operation.prefix)
      const found = entries.map((entry) => ({ key: entry.key, value: text(entry.value), revision: entry.revision }))
      return { type: 'listed', entries: found, revision }
    }
    case 'put':
      return { type: 'written', revision: await store.put(operation.key, bytes(operation.value), operation.expected) }
    case 'delete':
      return { type: 'written', revision: await store.delete(operation.key, operation.expected) }
    case 'compact':
      await store.compact(operation.revision)
      return { type: 'done' }
  }
}

export type OnTold = (events: readonly ToldEvent[], revision: number) => void

/** Watches until the signal aborts or the store ends the watch. */
export function follow(store: Store, prefix: string, after: number, told: OnTold, signal: AbortSignal): Promise<void> {
  const sink = (events: Parameters<Parameters<Store['watch']>[2]>[0], revision: number): void =>
    told(
      events.map(({ type, key, value, revision, isCreation }) => ({
        ...{ type, key, value: text(value), revision, isCreation },
      })),
      revision,
    )
  return store.watch(prefix, after, sink, signal)
}
