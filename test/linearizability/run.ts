import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { checkHistory } from './check-history.ts'
import type { Call, History, Operation, Outcome, Surviving, ToldEvent, Watched } from './history.ts'
import { Random } from './random.ts'
import type { Subject } from './subject.ts'

export interface RunSize {
  readonly clients: number
  readonly callsAClient: number
  readonly keys: number
  readonly disturbances: number
}

/** Lets clients that follow from the seed loose on the store, and checks what they saw. Throws PromiseBroken. */
export async function run(subject: Subject, seed: number, size: RunSize): Promise<History> {
  const history = await new Run(subject, seed, size).record()
  checkHistory(history)
  return history
}

const WAIT_MS = 60_000
const MARK = '/z/mark'

class Run {
  readonly #subject: Subject
  readonly #random: Random
  readonly #size: RunSize
  readonly #calls: Call[] = []
  readonly #log: ToldEvent[] = []
  readonly #watchers: Watched[] = []
  readonly #survivors: Surviving[] = []
  readonly #stop = new AbortController()
  /** Of the watcher of everything. */
  #progress: number
  #time = 0
  #values = 0

  constructor(subject: Subject, seed: number, size: RunSize) {
    this.#subject = subject
    this.#random = new Random(seed)
    this.#size = size
    this.#progress = subject.base
  }

  async record(): Promise<History> {
    const { base, isAlone } = this.#subject
    const watching = this.#watchAll()
    const clients = Array.from({ length: this.#size.clients }, () =>
      this.#client(new Random(this.#random.below(2 ** 32))),
    )
    const working = Promise.all(clients)
    await Promise.all([working, this.#disturbances(new Random(this.#random.below(2 ** 32)), working)])
    const final = await this.#final()
    await this.#toldUpTo(await this.#mark())
    this.#stop.abort()
    await watching
    const recorded = { calls: this.#calls, log: this.#log, watchers: this.#watchers, survivors: this.#survivors }
    return { base, isAlone, ...recorded, final }
  }

  /** As a watch cache does: goes on after what it was told last, whatever ended the watch. */
  async #watchAll(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#subject
        .watch('/', this.#progress, (events, revision) => this.#tell(events, revision), signal)
        .catch(() => delay(5))
      await nextTurn()
    }
  }

  #tell(events: readonly ToldEvent[], revision: number): void {
    this.#log.push(...events)
    this.#progress = Math.max(this.#progress, revision)
  }

  /** A watcher from somewhere in the past that stays until the store or the end of the run ends it. */
  #watchSome(random: Random): void {
    const after = this.#subject.base + random.below(this.#progress - this.#subject.base + 1)
    const watched = { prefix: random.pick(['/', '/a/']), after, events: [] as ToldEvent[], progress: after }
    const told = (events: readonly ToldEvent[], revision: number): void => {
      watched.events.push(...events)
      watched.progress = Math.max(watched.progress, revision)
    }
    this.#subject.watch(watched.prefix, after, told, this.#stop.signal).catch(() => {})
    this.#watchers.push(watched)
  }

  async #client(random: Random): Promise<void> {
    const known = new Map<string, number>()
    for (let count = 0; count < this.#size.callsAClient; count++) {
      if (random.below(40) === 0) this.#watchSome(random)
      await this.#call(this.#choose(random, known), known)
      if (random.below(4) === 0) await nextTurn()
    }
  }

  #choose(random: Random, known: Map<string, number>): Operation {
    const key = `/${random.pick(['a', 'b'])}/${random.below(this.#size.keys)}`
    const expected = known.get(key) ?? 0
    const dice = random.next()
    if (dice < 0.25) return { type: 'get', key }
    if (dice < 0.35) return { type: 'list', prefix: random.pick(['/', '/a/', '/b/']) }
    if (dice < 0.45 && expected > 0) return { type: 'delete', key, expected }
    if (dice < 0.47 && this.#subject.compacts) return { type: 'compact', revision: this.#progress }
    return { type: 'put', key, value: `v${++this.#values}`, expected }
  }

  async #call(operation: Operation, known: Map<string, number>): Promise<void> {
    const invoked = ++this.#time
    const outcome = await this.#subject.call(operation)
    this.#calls.push({ operation, invoked, returned: ++this.#time, outcome })
    if (!('key' in operation)) return
    if (outcome.type === 'written') known.set(operation.key, operation.type === 'put' ? outcome.revision : 0)
    else if (outcome.type === 'mismatch') known.set(operation.key, outcome.actual)
    else if (outcome.type === 'got') known.set(operation.key, outcome.entry?.revision ?? 0)
  }

  /** Spread over the calls of the clients, the first of them at once now and then. */
  async #disturbances(random: Random, working: Promise<unknown>): Promise<void> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    working.then(over, over)
    const total = this.#size.clients * this.#size.callsAClient
    const times = Array.from({ length: this.#size.disturbances }, () => random.below(total)).sort((a, b) => a - b)
    for (const time of times) {
      while (this.#calls.length < time && !isOver) await nextTurn()
      if (isOver) return
      const surviving = await this.#subject.disturb(random)
      if (surviving) this.#survivors.push(surviving)
    }
  }

  async #final(): Promise<Extract<Outcome, { type: 'listed' }>> {
    const outcome = await this.#insist({ type: 'list', prefix: '/' }, 'listed')
    return outcome as Extract<Outcome, { type: 'listed' }>
  }

  /** The last write of the run: whatever comes before it in the log was told when it is. */
  async #mark(): Promise<number> {
    const known = new Map<string, number>()
    const deadline = performance.now() + WAIT_MS
    while (performance.now() < deadline) {
      const operation = { type: 'put', key: MARK, value: `v${++this.#values}`, expected: known.get(MARK) ?? 0 } as const
      await this.#call(operation, known)
      const { outcome } = this.#calls.at(-1) as Call
      if (outcome.type === 'written') return outcome.revision
      await this.#call({ type: 'get', key: MARK }, known)
      await delay(20)
    }
    throw new Error('the store takes no write any more')
  }

  /** Asks until the store answers. */
  async #insist(operation: Operation, wanted: Outcome['type']): Promise<Outcome> {
    const deadline = performance.now() + WAIT_MS
    for (;;) {
      const outcome = await this.#subject.call(operation)
      if (outcome.type === wanted) return outcome
      if (performance.now() > deadline) throw new Error(`the store did not come back: ${JSON.stringify(outcome)}`)
      await delay(20)
    }
  }

  async #toldUpTo(revision: number): Promise<void> {
    const deadline = performance.now() + WAIT_MS
    while (this.#progress < revision) {
      if (performance.now() > deadline) {
        throw new Error(`a watch fell silent at ${this.#progress}, the store is at ${revision}`)
      }
      await delay(2)
    }
  }
}
