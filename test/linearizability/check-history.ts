import type { Call, FoundEntry, History, Operation, Outcome, ToldEvent, Watched } from './history.ts'
import { isLinearizable, type KeyCall } from './linearizable.ts'

/** The history cannot come from a store that keeps its promises; `message` says which was broken. */
export class PromiseBroken extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'PromiseBroken'
  }
}

/** Throws PromiseBroken unless the history is one of a store as `src/store/store.ts` promises it. */
export function checkHistory(history: History): void {
  checkOrder(history)
  checkCreations(history)
  checkWrites(history)
  checkOrigins(history)
  checkReads(history)
  for (const watched of history.watchers) checkWatcher(watched, history)
  checkSurvivors(history)
  checkFinal(history)
  checkKeys(history)
}

function demand(holds: boolean, what: string, facts?: unknown): asserts holds {
  if (!holds) throw new PromiseBroken(facts === undefined ? what : `${what}: ${JSON.stringify(facts)}`)
}

/** Events come in the order of their revisions, each once, without gaps where nobody else writes. */
function checkOrder({ log, base, isAlone }: History): void {
  let last = base
  for (const event of log) {
    demand(event.revision > last, `an event came twice or out of order after ${last}`, event)
    demand(!isAlone || event.revision === last + 1, `an event was lost after ${last}`, event)
    last = event.revision
  }
}

function checkCreations({ log }: History): void {
  const before = revisionsBefore(log)
  for (const event of log) {
    const isCreation = event.type === 'put' && before.get(event) === 0
    demand(event.isCreation === isCreation, 'an event is wrong about whether it created its key', event)
  }
}

/** The revision that each event's key had before it; 0 when there was no such key. */
function revisionsBefore(log: readonly ToldEvent[]): ReadonlyMap<ToldEvent, number> {
  const newest = new Map<string, number>()
  const before = new Map<ToldEvent, number>()
  for (const event of log) {
    before.set(event, newest.get(event.key) ?? 0)
    newest.set(event.key, event.type === 'put' ? event.revision : 0)
  }
  return before
}

/** What was acknowledged has happened, as it was asked. */
function checkWrites({ log, calls }: History): void {
  const byRevision = new Map(log.map((event) => [event.revision, event]))
  const before = revisionsBefore(log)
  for (const { operation, outcome } of calls) {
    if (outcome.type !== 'written') continue
    const event = byRevision.get(outcome.revision)
    demand(event !== undefined, 'an acknowledged write is lost', { operation, outcome })
    demand(isEventOf(event, operation, before.get(event)), 'an acknowledged write is not what happened', {
      operation,
      outcome,
      event,
    })
  }
}

/** `before`: the revision that the event's key had before it. */
function isEventOf({ type, key, value }: ToldEvent, operation: Operation, before: number | undefined): boolean {
  if (operation.type !== 'put' && operation.type !== 'delete') return false
  const isSame = operation.type === type && operation.key === key && operation.expected === before
  return isSame && (operation.type === 'delete' || operation.value === value)
}

/** What happened was asked for, once, and nobody was told that it did not happen. */
function checkOrigins({ log, calls }: History): void {
  const open = calls.filter(({ operation }) => operation.type === 'put' || operation.type === 'delete')
  const acknowledged = new Map(
    open.flatMap((call) => (call.outcome.type === 'written' ? [[call.outcome.revision, call]] : [])),
  )
  const unknown = open.filter(({ outcome }) => outcome.type === 'unknown')
  const before = revisionsBefore(log)
  for (const event of log) {
    if (acknowledged.has(event.revision)) continue
    const index = unknown.findIndex(({ operation }) => isEventOf(event, operation, before.get(event)))
    demand(index >= 0, 'something happened that nobody asked for, or that was said not to have happened', event)
    unknown.splice(index, 1)
  }
}

/** Reads show the state at a revision, and not one older than what anybody knew before. */
function checkReads({ log, calls, base }: History): void {
  const known = knownBefore(calls, base)
  for (const call of calls) {
    const { operation, outcome } = call
    if (outcome.type !== 'listed' && outcome.type !== 'got') continue
    demand(outcome.revision >= known(call.invoked), 'a read is older than what was known before it', {
      operation,
      outcome,
    })
    if (outcome.type !== 'listed' || operation.type !== 'list') continue
    const state = stateAt(log, outcome.revision).filter(({ key }) => key.startsWith(operation.prefix))
    demand(isSameState(state, outcome.entries), 'a listing is not the state at its revision', { state, outcome })
  }
}

/** The newest revision that anybody had been told at a time. */
function knownBefore(calls: readonly Call[], base: number): (time: number) => number {
  const told = calls
    .map(({ returned, outcome }) => ({ returned, newest: revisionIn(outcome) }))
    .sort((a, b) => a.returned - b.returned)
  for (const [index, step] of told.entries()) step.newest = Math.max(step.newest, told[index - 1]?.newest ?? base)
  return (time) => told.findLast(({ returned }) => returned < time)?.newest ?? base
}

function revisionIn(outcome: Outcome): number {
  return outcome.type === 'written' || outcome.type === 'listed' || outcome.type === 'got' ? outcome.revision : 0
}

function stateAt(log: readonly ToldEvent[], revision: number): FoundEntry[] {
  const state = new Map<string, FoundEntry>()
  for (const event of log) {
    if (event.revision > revision) break
    if (event.type === 'put') state.set(event.key, { key: event.key, value: event.value, revision: event.revision })
    else state.delete(event.key)
  }
  return [...state.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

function isSameState(a: readonly FoundEntry[], b: readonly FoundEntry[]): boolean {
  const text = (entries: readonly FoundEntry[]) =>
    entries.map(({ key, value, revision }) => `${key} ${value} ${revision}`)
  return text(a).join() === text(b).join()
}

function checkWatcher({ prefix, after, events, progress }: Watched, { log }: History): void {
  const due = log.filter(({ key, revision }) => key.startsWith(prefix) && revision > after && revision <= progress)
  const told = events.map(({ revision }) => revision)
  demand(
    told.join() === due.map(({ revision }) => revision).join(),
    'a watcher was told something else than what happened',
    {
      ...{ prefix, after, progress, told },
      due: due.map(({ revision }) => revision),
    },
  )
  for (const [index, event] of events.entries()) {
    demand(JSON.stringify(event) === JSON.stringify(due[index]), 'a watcher was told another event', {
      event,
      due: due[index],
    })
  }
}

function checkSurvivors({ log, survivors }: History): void {
  for (const { acknowledged, revision, entries } of survivors) {
    demand(revision >= acknowledged, 'a power cut would have lost an acknowledged write', { revision, acknowledged })
    const state = stateAt(log, revision)
    demand(isSameState(state, entries), 'a power cut would have left another state', { state, entries })
  }
}

function checkFinal({ log, final }: History): void {
  const state = stateAt(log, final.revision)
  demand(isSameState(state, final.entries), 'what is there in the end is not what happened', { state, final })
}

/** Key by key: two keys of a linearizable store are linearizable each by itself (Herlihy and Wing, locality). */
function checkKeys({ calls }: History): void {
  const keys = new Set(calls.flatMap(({ operation }) => ('key' in operation ? [operation.key] : [])))
  for (const key of keys) {
    const own = calls.flatMap((call) => keyCallsOf(call, key))
    demand(isLinearizable(own), `the calls on ${key} are not linearizable`, own)
  }
}

function keyCallsOf({ operation, outcome, invoked, returned }: Call, key: string): KeyCall[] {
  if (operation.type === 'list' && outcome.type === 'listed' && key.startsWith(operation.prefix)) {
    const entry = outcome.entries.find((found) => found.key === key)
    return [{ invoked, returned, action: readOf(entry) }]
  }
  if (!('key' in operation) || operation.key !== key) return []
  if (outcome.type === 'got') return [{ invoked, returned, action: readOf(outcome.entry) }]
  if (outcome.type === 'mismatch') return [{ invoked, returned, action: { type: 'mismatch', actual: outcome.actual } }]
  if (operation.type === 'get') return []
  if (outcome.type === 'written') return [{ invoked, returned, action: { ...operation, revision: outcome.revision } }]
  if (outcome.type !== 'unknown') return []
  return [{ invoked, returned: Number.POSITIVE_INFINITY, action: { ...operation, revision: 0 } }]
}

function readOf(entry: FoundEntry | undefined): KeyCall['action'] {
  return { type: 'read', revision: entry?.revision ?? 0, value: entry?.value ?? '' }
}
