import type { Component } from '../base/component.ts'
import { runTogether } from '../base/component.ts'
import type { LeaderElection } from './leader-election.ts'
import type { Term } from './term.ts'

export interface ElectedDeps {
  readonly name: string
  readonly election: LeaderElection
  /** Made anew for each term. They reach the API by `withinTerm` alone. */
  readonly parts: (term: Term) => readonly Component[]
}

/** Parts of which one process of several runs its own at a time: whoever is elected, until it is not any more. */
export class Elected implements Component {
  readonly name: string
  readonly #deps: ElectedDeps

  constructor(deps: ElectedDeps) {
    this.name = deps.name
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { election, parts } = this.#deps
    while (!signal.aborted) await election.run((term) => runTogether(parts(term), term.signal), signal)
  }
}
