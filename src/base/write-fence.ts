import { AsyncLocalStorage } from 'node:async_hooks'

/** A key of a shared store and the revision that it has for as long as writes may be made. */
export interface WriteFence {
  readonly key: string
  readonly revision: number
}

/**
 * Goes with the asynchronous context and not with the arguments: every write that a request leads to has to have it, nested
 * ones too, and a function on the way that did not pass it on would be a hole that nobody sees.
 */
const context = new AsyncLocalStorage<WriteFence>()

/** Runs something of which all writes to a shared store, however deep, take effect only while the fence holds. */
export function withinFence<R>(fence: WriteFence, run: () => R): R {
  return context.run(fence, run)
}

/** Of what runs now. */
export const currentFence = (): WriteFence | undefined => context.getStore()
