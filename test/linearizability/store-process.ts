import { systemClock } from '../../src/base/clock.ts'
import { FollowerStore } from '../../src/store/sqlite/follower-store.ts'
import { Followers } from '../../src/store/sqlite/followers.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Operation, Outcome, ToldEvent } from './history.ts'
import { follow, perform } from './perform.ts'

/*
 * The process that owns a database and is killed: carries out what its parent sends. Arguments: the file, and how many
 * followers share the work.
 */

export type Request =
  | { readonly type: 'call'; readonly id: number; readonly operation: Operation }
  | { readonly type: 'watch'; readonly id: number; readonly prefix: string; readonly after: number }
  | { readonly type: 'unwatch'; readonly id: number }

export type Reply =
  | { readonly type: 'open'; readonly revision: number }
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'told'; readonly id: number; readonly events: readonly ToldEvent[]; readonly revision: number }
  | { readonly type: 'ended'; readonly id: number }
  | { readonly type: 'fault'; readonly message: string }

const [, , file = '', followerCount = '0'] = process.argv
const clock = systemClock
const leader = await SqliteStore.open({ file, clock })
const followers = new Followers({ store: leader, file })
const stores: Store[] = [leader]
for (let n = 0; n < Number(followerCount); n++) stores.push(new FollowerStore({ seat: followers.seat(), clock }))
const watches = new Map<number, AbortController>()

const tell = (reply: Reply): void => {
  process.send?.(reply)
}

process.on('message', (request: Request) => {
  if (request.type === 'unwatch') return watches.get(request.id)?.abort()
  const store = stores[request.id % stores.length] as Store
  if (request.type === 'watch') return watch(store, request)
  perform(store, request.operation).then(
    (outcome) => tell({ type: 'outcome', id: request.id, outcome }),
    (error: Error) => tell({ type: 'fault', message: `${JSON.stringify(request.operation)}: ${error.stack}` }),
  )
})
process.on('disconnect', () => process.exit(0))
tell({ type: 'open', revision: leader.revision() })

function watch(store: Store, { id, prefix, after }: Extract<Request, { type: 'watch' }>): void {
  const stop = new AbortController()
  watches.set(id, stop)
  const ended = (): void => {
    watches.delete(id)
    tell({ type: 'ended', id })
  }
  follow(store, prefix, after, (events, revision) => tell({ type: 'told', id, events, revision }), stop.signal).then(
    ended,
    ended,
  )
}
