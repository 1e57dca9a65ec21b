import { Heap } from '../base/heap.ts'

interface Entry {
  readonly uid: string
  readonly priority: number
  readonly since: number
  /** Tells who came first of those with the same time, and whether the entry still counts. */
  readonly ticket: number
}

/** Pods to be tried: highest priority first, then first come, first served. */
export class ActivePods {
  readonly #tickets = new Map<string, number>()
  /** Entries whose ticket is not the pod's any more are passed over when they come up. */
  readonly #order = new Heap<Entry>(before)
  #issued = 0

  /** `since` on the monotonic clock. One that is there stays where it is. */
  add(uid: string, priority: number, since: number): void {
    if (this.#tickets.has(uid)) return
    const ticket = ++this.#issued
    this.#tickets.set(uid, ticket)
    this.#order.push({ uid, priority, since, ticket })
  }

  delete(uid: string): void {
    this.#tickets.delete(uid)
    if (this.#tickets.size === 0) this.#order.clear()
  }

  /** Takes the first. */
  take(): string | undefined {
    for (let entry = this.#order.pop(); entry; entry = this.#order.pop()) {
      if (this.#tickets.get(entry.uid) !== entry.ticket) continue
      this.delete(entry.uid)
      return entry.uid
    }
    return undefined
  }
}

function before(a: Entry, b: Entry): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority
  return a.since === b.since ? a.ticket < b.ticket : a.since < b.since
}
