import type { Component } from '../base/component.ts'
import { runTogether } from '../base/component.ts'
import type { LeaderElection } from './leader-election.ts'
import type { Term } from './term.ts'

export interface ElectedDeps {
  readonly name: string
  readonly election: LeaderElection
  /** Made anew for each term. They reach the API by `withinTerm` alone. A failure while the term lasts is thrown by `run`. */
  readonly parts: (term: Term) => Promise<readonly Component[]>
}

/** Parts of which one process of several runs its own at a time: whoever is elected, until it is not any more. */
export class Elected implements Component {
  readonly name: string
  readonly #deps: ElectedDeps
  #term: Term | undefined

  constructor(deps: ElectedDeps) {
    this.name = deps.name
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { election, parts } = this.#deps
    const lead = async (term: Term): Promise<void> => {
      this.#term = term
      try {
        await runTogether(await parts(term), term.signal)
      } catch (error) {
        if (!term.isOver()) throw error
      }
    }
    while (!signal.aborted) await election.run(lead, signal)
  }

  get isLeading(): boolean {
    return this.#term !== undefined && !this.#term.isOver()
  }
}
