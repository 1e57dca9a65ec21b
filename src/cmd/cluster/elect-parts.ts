import { claimTerm } from '../../apiserver/bootstrap/term-fence.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { type WriteFence, withinFence } from '../../base/write-fence.ts'
import { Client } from '../../client/clientset.ts'
import { Elected } from '../../client/elected.ts'
import type { EventRecorder } from '../../client/events.ts'
import { LeaderElection } from '../../client/leader-election.ts'
import type { LeaderElectionTimes } from '../../client/leader-election-times.ts'
import { type Term, withinTerm } from '../../client/term.ts'
import type { Transport } from '../../client/transport.ts'
import type { Store } from '../../store/store.ts'
import type { PartDeps } from './control-plane-parts.ts'

export interface ElectPartsDeps {
  readonly store: Store
  readonly times: LeaderElectionTimes
  /** Of this process: `host_uuid`. */
  readonly identity: string
  /** In this process, as this user. */
  readonly transportFor: (user: UserInfo) => Transport
  readonly clock: Clock
  readonly log: Logger
}

export interface ElectedPart {
  /** Also the name of its Lease in kube-system: `kube-scheduler`. */
  readonly name: string
  /** Who asks for the Lease. */
  readonly user: UserInfo
  readonly events: EventRecorder
  readonly make: (deps: PartDeps) => Component[]
}

const CLAIM_RETRY_MS = 500

/** Parts that act once in a cluster: here while this process leads. Their writes end with the term, by clock and by fence. */
export function electParts({ name, user, events, make }: ElectedPart, deps: ElectPartsDeps): Elected {
  const { times, identity, transportFor, clock, log } = deps
  const lease = { name, namespace: 'kube-system' }
  const client = new Client(transportFor(user))
  const election = new LeaderElection({ ...times, client, lease, identity, events, clock, log })
  const parts = async (term: Term): Promise<Component[]> => {
    const fence = await claim(name, term, deps)
    const clientFor = (who: UserInfo): Client => new Client(withinTerm(fenced(transportFor(who), fence), term))
    return make({ clientFor, clock, log })
  }
  return new Elected({ name, election, parts })
}

/** Begins the term in a store that others write to; tries until it is over. */
async function claim(name: string, term: Term, deps: ElectPartsDeps): Promise<WriteFence | undefined> {
  const { store, identity: holder, clock, log } = deps
  while (store.isShared) {
    try {
      return await claimTerm({ store, name, holder, mayClaim: () => !term.isOver() })
    } catch (error) {
      if (term.isOver()) throw error
      log.info('the term could not begin yet', { lease: name, error })
      await clock.sleep(CLAIM_RETRY_MS, term.signal)
    }
  }
  return undefined
}

/** Its writes take effect only while the fence holds. */
function fenced({ call, watch }: Transport, fence: WriteFence | undefined): Transport {
  if (!fence) return { call, watch }
  return { call: (request, signal) => withinFence(fence, () => call(request, signal)), watch }
}
