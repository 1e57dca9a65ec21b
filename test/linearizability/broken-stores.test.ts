import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PromiseBroken } from './check-history.ts'
import type { Operation, Outcome, Surviving, ToldEvent } from './history.ts'
import { memorySubject } from './memory-subject.ts'
import { Random } from './random.ts'
import { run } from './run.ts'
import type { Subject } from './subject.ts'

// Stores that break one promise now and then: the checks are worth nothing unless they find each.

type Break = (subject: Subject, chance: () => boolean) => Partial<Subject>

const onCall =
  (spoil: (operation: Operation, call: Subject['call'], chance: () => boolean) => Promise<Outcome>): Break =>
  (subject, chance) => ({ call: (operation) => spoil(operation, subject.call.bind(subject), chance) })

const onEvents =
  (spoil: (events: readonly ToldEvent[]) => readonly ToldEvent[]): Break =>
  (subject, chance) => ({
    watch: (prefix, after, told, signal) =>
      subject.watch(
        prefix,
        after,
        (events, revision) => told(events.length > 0 && chance() ? spoil(events) : events, revision),
        signal,
      ),
  })

const isWrite = ({ type }: Operation): boolean => type === 'put' || type === 'delete'

function forgetful(): Break {
  const last = new Map<string, Outcome>()
  return onCall(async (operation, call, chance) => {
    if (operation.type !== 'get') return call(operation)
    const stale = last.get(operation.key)
    if (stale && chance()) return stale
    const outcome = await call(operation)
    last.set(operation.key, outcome)
    return outcome
  })
}

const broken: [name: string, spoil: () => Break, says: RegExp][] = [
  [
    'a write is acknowledged and not carried out',
    () =>
      onCall(async (operation, call, chance) =>
        operation.type === 'put' && operation.expected === 0 && chance()
          ? { type: 'written', revision: 1_000_000 }
          : call(operation),
      ),
    /an acknowledged write is lost/,
  ],
  [
    'a write is carried out and said not to be',
    () =>
      onCall(async (operation, call, chance) => {
        const outcome = await call(operation)
        return isWrite(operation) && outcome.type === 'written' && chance() ? { type: 'refused', why: '' } : outcome
      }),
    /something happened that nobody asked for/,
  ],
  ['an old value is read', forgetful, /older than what was known|not linearizable/],
  [
    'a listing lacks an entry',
    () =>
      onCall(async (operation, call, chance) => {
        const outcome = await call(operation)
        return outcome.type === 'listed' && chance() ? { ...outcome, entries: outcome.entries.slice(1) } : outcome
      }),
    /a listing is not the state/,
  ],
  [
    'a stale writer is let through',
    () =>
      onCall(async (operation, call, chance) => {
        const outcome = await call(operation)
        if (operation.type !== 'put' || outcome.type !== 'mismatch' || !chance()) return outcome
        return call({ ...operation, expected: outcome.actual })
      }),
    /an acknowledged write is not what happened/,
  ],
  [
    'an event is lost',
    () => onEvents((events) => events.slice(1)),
    /event was lost|something else than what happened|created its key/,
  ],
  [
    'an event comes twice',
    () => onEvents((events) => [...events, ...events]),
    /twice|something else than what happened/,
  ],
  [
    'an event has another value',
    () => onEvents((events) => events.map((event) => ({ ...event, value: 'x' }))),
    /not what happened|another event|nobody asked for/,
  ],
]

const halfCopied: [name: string, surviving: Partial<Surviving>, says: RegExp][] = [
  ['lacks an acknowledged write', { acknowledged: 1_000_000 }, /a power cut would have lost an acknowledged write/],
  [
    'has what never was',
    { entries: [{ key: '/a/0', value: 'x', revision: 2 }] },
    /a power cut would have left another state/,
  ],
]
for (const [name, surviving, says] of halfCopied) {
  test(`checks: found out when what a power cut leaves ${name}`, async () => {
    const sound = memorySubject()
    const disturb = async () => ({ acknowledged: 1, revision: 1, entries: [], ...surviving })
    await assert.rejects(
      run({ ...sound, disturb }, 1, { clients: 6, callsAClient: 60, keys: 3, disturbances: 1 }),
      (error: Error) => error instanceof PromiseBroken && says.test(error.message),
    )
    await sound[Symbol.asyncDispose]()
  })
}

for (const [name, spoil, says] of broken) {
  test(`checks: found out when ${name}`, async () => {
    const outcomes: unknown[] = []
    for (let seed = 1; seed <= 5; seed++) {
      const random = new Random(seed)
      const sound = memorySubject()
      const subject = { ...sound, ...spoil()(sound, () => random.below(10) === 0) }
      await run(subject, seed, { clients: 6, callsAClient: 60, keys: 3, disturbances: 0 }).catch((error: unknown) =>
        outcomes.push(error),
      )
      await sound[Symbol.asyncDispose]()
    }
    const found = outcomes.filter((error) => error instanceof PromiseBroken && says.test(error.message))
    assert.equal(found.length, 5, `only found ${found.length} times of 5: ${outcomes.join('\n').slice(0, 1_000)}`)
  })
}
