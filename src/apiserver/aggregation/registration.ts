import { hasReason, Reason } from '../../api/status-error.ts'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import { ChangeLoop } from '../bootstrap/change-loop.ts'
import type { Registry } from '../registry/registry.ts'

export const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'

export interface RegistrationDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps a local APIService for each group version of custom resources: made when the first kind of it is served, deleted
 * with the last. One that somebody else made is left alone. Upstream: the crd registration and autoregister controllers.
 */
export class CustomRegistration implements Component {
  readonly name = 'apiservice-registration'
  readonly #deps: RegistrationDeps
  readonly #loop = new ChangeLoop()

  constructor(deps: RegistrationDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#deps.registry.onChange(() => this.#loop.changed())
    try {
      await this.#loop.run({ ...this.#deps, bring: (stopped) => this.#bring(stopped) }, signal)
    } finally {
      stop()
    }
  }

  async #bring(signal: AbortSignal): Promise<void> {
    const { client, registry } = this.#deps
    const custom = registry.definitions.filter(({ model }) => model)
    const wanted = new Map(custom.map((definition) => [`${definition.version}.${definition.group}`, definition]))
    const { items } = await client.apiServices.list({ signal })
    const there = new Map(items.map((item) => [item.metadata.name as string, item]))
    for (const [name, definition] of wanted) {
      if (!there.has(name))
        await unless(Reason.AlreadyExists, client.apiServices.create(local(name, definition), { signal }))
    }
    for (const [name, { metadata }] of there) {
      if (wanted.has(name) || metadata.labels?.[AUTOMANAGED] !== 'true') continue
      await unless(Reason.NotFound, client.apiServices.delete({ name }, { signal }))
    }
  }
}

/** Somebody was faster: that is as good. */
async function unless(reason: Reason, done: Promise<unknown>): Promise<void> {
  try {
    await done
  } catch (error) {
    if (!hasReason(error, reason)) throw error
  }
}

const local = (name: string, { group, version }: { group: string; version: string }): New<APIService> => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name, labels: { [AUTOMANAGED]: 'true' } },
  spec: { group, version, groupPriorityMinimum: 1000, versionPriority: 100 },
})
