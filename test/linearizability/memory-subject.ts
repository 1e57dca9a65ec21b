import { systemClock } from '../../src/base/clock.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import { follow, perform } from './perform.ts'
import type { Subject } from './subject.ts'

/** Nothing happens to memory but that its past is forgotten. */
export function memorySubject(): Subject {
  const store = new MemoryStore({ clock: systemClock })
  return {
    base: store.revision(),
    isAlone: true,
    compacts: true,
    call: (operation) => perform(store, operation),
    watch: (prefix, after, told, signal) => follow(store, prefix, after, told, signal),
    disturb: async () => undefined,
    [Symbol.asyncDispose]: () => store.close(),
  }
}
