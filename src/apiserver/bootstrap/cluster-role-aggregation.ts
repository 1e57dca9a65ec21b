import { isDeepStrictEqual } from 'node:util'
import type { ClusterRole } from '../../api/types/rbac.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import { aggregatedRules } from './aggregate-roles.ts'
import { ChangeLoop } from './change-loop.ts'

export interface AggregationDeps {
  /** Acts as the service account clusterrole-aggregation-controller. */
  readonly client: Pick<Client, 'clusterRoles'>
  readonly clusterRoles: Informer<ClusterRole>
  readonly clock: Clock
  readonly log: Logger
}

/** Keeps the rules of aggregated ClusterRoles: a change of any role may change them all. */
export class ClusterRoleAggregation implements Component {
  readonly name = 'clusterrole-aggregation-controller'
  readonly #deps: AggregationDeps
  readonly #loop = new ChangeLoop()

  constructor(deps: AggregationDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const changed = () => this.#loop.changed()
    const stop = this.#deps.clusterRoles.on({ added: changed, updated: changed, deleted: changed })
    try {
      await this.#loop.run({ ...this.#deps, bring: (stopped) => this.#aggregate(stopped) }, signal)
    } finally {
      stop()
    }
  }

  async #aggregate(signal: AbortSignal): Promise<void> {
    const all = this.#deps.clusterRoles.lister.list()
    for (const role of all) if (role.aggregationRule) await this.#update(role, all, signal)
  }

  async #update(
    role: DeepReadonly<ClusterRole>,
    all: readonly DeepReadonly<ClusterRole>[],
    signal: AbortSignal,
  ): Promise<void> {
    const rules = aggregatedRules(role, all)
    if (isDeepStrictEqual(rules, role.rules ?? [])) return
    await this.#deps.client.clusterRoles.update({ ...editable<ClusterRole>(role), rules }, { signal })
  }
}
