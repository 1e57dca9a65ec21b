/** What happened to one key, seen from outside. */
export interface KeyCall {
  readonly action: KeyAction
  readonly invoked: number
  /** Infinity when nobody knows whether it has ended. */
  readonly returned: number
}

export type KeyAction =
  | { readonly type: 'read'; readonly revision: number; readonly value: string }
  /** `revision` 0: the outcome is unknown. */
  | { readonly type: 'put'; readonly expected: number; readonly value: string; readonly revision: number }
  | { readonly type: 'delete'; readonly expected: number; readonly revision: number }
  | { readonly type: 'mismatch'; readonly actual: number }

/** Revision 0: there is no such key. -1: written, at a revision that nobody has seen yet. */
interface KeyState {
  readonly revision: number
  readonly value: string
}

const ABSENT: KeyState = { revision: 0, value: '' }
const UNSEEN = -1

/**
 * Whether there is an order of the calls, each at one instant between its beginning and its end, in which a register whose
 * writes are guarded by revisions answers so (Wing and Gong's search, with Lowe's memory of what was tried).
 */
export function isLinearizable(calls: readonly KeyCall[]): boolean {
  const ordered = calls.toSorted((a, b) => a.invoked - b.invoked)
  const certain = ordered.filter(({ returned }) => returned !== Number.POSITIVE_INFINITY).length
  const tried = new Set<string>()

  const search = (taken: bigint, left: number, state: KeyState): boolean => {
    if (left === 0) return true // what nobody knows about may have happened never
    const memory = `${taken} ${state.revision} ${state.value}`
    if (tried.has(memory)) return false
    tried.add(memory)
    for (const index of candidates(ordered, taken)) {
      const { action, returned } = ordered[index] as KeyCall
      const isCertain = returned !== Number.POSITIVE_INFINITY
      for (const next of step(state, action)) {
        if (search(taken | (1n << BigInt(index)), isCertain ? left - 1 : left, next)) return true
      }
    }
    return false
  }
  return search(0n, certain, ABSENT)
}

/** Calls that may be next: no other that is left ended before they began. */
function candidates(calls: readonly KeyCall[], taken: bigint): number[] {
  const found: number[] = []
  let earliestEnd = Number.POSITIVE_INFINITY
  for (const [index, { invoked, returned }] of calls.entries()) {
    if (taken & (1n << BigInt(index))) continue
    if (invoked > earliestEnd) break
    found.push(index)
    earliestEnd = Math.min(earliestEnd, returned)
  }
  return found
}

/** The states that the action may lead to, none when it cannot be told so in this state. */
function step(state: KeyState, action: KeyAction): readonly KeyState[] {
  switch (action.type) {
    case 'read': {
      if (action.revision === 0) return state.revision === 0 ? [state] : []
      const isSame = state.value === action.value && (state.revision === action.revision || state.revision === UNSEEN)
      return isSame ? [{ revision: action.revision, value: action.value }] : []
    }
    case 'mismatch':
      if (state.revision === UNSEEN && action.actual > 0) return [{ ...state, revision: action.actual }]
      return state.revision === action.actual ? [state] : []
    case 'put':
      if (!guardHolds(state, action.expected)) return action.revision === 0 ? [state] : []
      return [{ revision: action.revision || UNSEEN, value: action.value }]
    case 'delete':
      if (!guardHolds(state, action.expected)) return action.revision === 0 ? [state] : []
      return [ABSENT]
  }
}

/** An unseen revision may be the one that was expected only if somebody has seen it, and then it is not unseen. */
const guardHolds = (state: KeyState, expected: number): boolean => state.revision === expected
