import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Operation, Outcome, Surviving } from './history.ts'
import { type OnTold, perform } from './perform.ts'
import type { Random } from './random.ts'
import type { Reply, Request } from './store-process.ts'
import type { Subject } from './subject.ts'

const PROGRAM = fileURLToPath(new URL('./store-process.ts', import.meta.url))

/** So that starting again costs little. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/navarch', import.meta.url))

interface Waiting {
  readonly settle: (outcome: Outcome) => void
  readonly fail: (error: Error) => void
}

interface Watch {
  readonly told: OnTold
  readonly end: () => void
}

/** A database whose process is killed at any moment, and whose files are copied as a power cut would leave them. */
export class SqliteSubject implements Subject {
  readonly base = 1
  readonly isAlone = true
  readonly compacts = true
  readonly #directory = mkdtempSync(join(tmpdir(), 'navarch-linearizability-'))
  readonly #file = join(this.#directory, 'state.db')
  readonly #followers: number
  readonly #waiting = new Map<number, Waiting>()
  readonly #watches = new Map<number, Watch>()
  #child: ChildProcess | undefined
  #up = Promise.withResolvers<ChildProcess>()
  #acknowledged = 1
  #nextId = 0
  #copies = 0

  static async start({ followers = 0 }: { readonly followers?: number } = {}): Promise<SqliteSubject> {
    const subject = new SqliteSubject(followers)
    await subject.#start()
    return subject
  }

  private constructor(followers: number) {
    this.#followers = followers
  }

  async call(operation: Operation): Promise<Outcome> {
    const child = await this.#up.promise
    const id = ++this.#nextId
    const outcome = await new Promise<Outcome>((settle, fail) => {
      this.#waiting.set(id, { settle, fail })
      this.#send(child, { type: 'call', id, operation })
    })
    if (outcome.type === 'written') this.#acknowledged = Math.max(this.#acknowledged, outcome.revision)
    return outcome
  }

  async watch(prefix: string, after: number, told: OnTold, signal: AbortSignal): Promise<void> {
    const child = await this.#up.promise
    const id = ++this.#nextId
    const ended = new Promise<void>((end) => this.#watches.set(id, { told, end }))
    this.#send(child, { type: 'watch', id, prefix, after })
    const leave = (): void => this.#send(child, { type: 'unwatch', id })
    signal.addEventListener('abort', leave, { once: true })
    await ended
    signal.removeEventListener('abort', leave)
  }

  async disturb(random: Random): Promise<Surviving | undefined> {
    if (random.below(2) === 0) return this.#cutPower(random)
    await delay(random.below(5))
    await this.#kill()
    await this.#start()
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #start(): Promise<void> {
    const child = fork(PROGRAM, [this.#file, String(this.#followers)], {
      serialization: 'advanced',
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#child = child
    child.on('message', (reply: Reply) => this.#receive(reply, child))
    child.on('exit', (code) => {
      if (code) this.#fault(new Error(`the store's process ended with status ${code}`))
    })
    await this.#up.promise
  }

  /** What was sent and not answered has an unknown outcome. */
  async #kill(): Promise<void> {
    const child = this.#child
    if (!child) return
    this.#up = Promise.withResolvers()
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    for (const { settle } of this.#waiting.values()) settle({ type: 'unknown', why: 'the process was killed' })
    for (const { end } of this.#watches.values()) end()
    this.#waiting.clear()
    this.#watches.clear()
  }

  #receive(reply: Reply, child: ChildProcess): void {
    if (child !== this.#child) return
    if (reply.type === 'open') this.#up.resolve(child)
    else if (reply.type === 'told') this.#watches.get(reply.id)?.told(reply.events, reply.revision)
    else if (reply.type === 'ended') {
      this.#watches.get(reply.id)?.end()
      this.#watches.delete(reply.id)
    } else if (reply.type === 'outcome') {
      this.#waiting.get(reply.id)?.settle(reply.outcome)
      this.#waiting.delete(reply.id)
    } else this.#fault(new Error(reply.message))
  }

  #fault(error: Error): void {
    this.#up.reject(error)
    for (const { fail } of this.#waiting.values()) fail(error)
    for (const { end } of this.#watches.values()) end()
  }

  #send(child: ChildProcess, request: Request): void {
    if (child.connected) child.send(request, () => {}) // a dead one answers with its exit
  }

  /** All that was synced is in the files, and whatever of the rest: a torn end is put to it. */
  async #cutPower(random: Random): Promise<Surviving> {
    const child = await this.#up.promise
    const acknowledged = this.#acknowledged
    child.kill('SIGSTOP')
    while (!isStopped(child.pid)) await delay(1)
    const copy = join(this.#directory, `copy-${++this.#copies}.db`)
    try {
      copyFileSync(this.#file, copy)
      if (existsSync(`${this.#file}-wal`)) copyFileSync(`${this.#file}-wal`, `${copy}-wal`)
    } finally {
      child.kill('SIGCONT')
    }
    const torn = Buffer.from(Array.from({ length: random.below(8_192) }, () => random.below(256)))
    if (existsSync(`${copy}-wal`)) appendFileSync(`${copy}-wal`, torn)
    await using store = await SqliteStore.open({ file: copy, clock: systemClock })
    const outcome = await perform(store, { type: 'list', prefix: '/' })
    if (outcome.type !== 'listed') throw new Error(`the copy cannot be read: ${JSON.stringify(outcome)}`)
    return { acknowledged, revision: outcome.revision, entries: outcome.entries }
  }
}

/** Every thread of the process stands still. */
function isStopped(pid: number | undefined): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
