import { isDeepStrictEqual } from 'node:util'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import { ChangeLoop } from '../bootstrap/change-loop.ts'
import type { Registry } from '../registry/registry.ts'

export const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'

export interface RegistrationDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly apiServices: Informer<APIService>
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps a local APIService for each group version of custom resources: made when the first kind of it is served, deleted
 * with the last, made again or set right when somebody deletes or changes it. One that somebody else made, or made his own
 * by taking the label off, is left alone. Upstream: the crd registration and autoregister controllers.
 */
export class CustomRegistration implements Component {
  readonly name = 'apiservice-registration'
  readonly #deps: RegistrationDeps
  readonly #loop = new ChangeLoop()

  constructor(deps: RegistrationDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry, apiServices } = this.#deps
    const stops = [
      registry.onChange(() => this.#loop.changed()),
      apiServices.on({
        updated: (service, old) => {
          if (isOurs(service) && !isDeepStrictEqual(service.spec, old.spec)) this.#loop.changed()
        },
        deleted: (service) => {
          if (isOurs(service)) this.#loop.changed()
        },
      }),
    ]
    try {
      await this.#loop.run({ ...this.#deps, bring: (stopped) => this.#bring(stopped) }, signal)
    } finally {
      for (const stop of stops) stop()
    }
  }

  async #bring(signal: AbortSignal): Promise<void> {
    const { client, registry } = this.#deps
    const custom = registry.definitions.filter(({ model }) => model)
    const wanted = new Map(custom.map((definition) => [`${definition.version}.${definition.group}`, definition]))
    const { items } = await client.apiServices.list({ signal })
    const there = new Map(items.map((item) => [item.metadata.name as string, item]))
    for (const [name, definition] of wanted) await this.#keep(there.get(name), local(name, definition), signal)
    for (const [name, service] of there) {
      if (wanted.has(name) || !isOurs(service)) continue
      await unless(Reason.NotFound, client.apiServices.delete({ name }, { signal }))
    }
  }

  async #keep(
    present: DeepReadonly<APIService> | undefined,
    wanted: New<APIService>,
    signal: AbortSignal,
  ): Promise<void> {
    const { apiServices } = this.#deps.client
    if (!present) return unless(Reason.AlreadyExists, apiServices.create(wanted, { signal }))
    if (!isOurs(present) || isDeepStrictEqual(present.spec, wanted.spec)) return
    const { spec } = wanted
    return unless(Reason.NotFound, apiServices.update({ ...editable<APIService>(present), spec }, { signal }))
  }
}

const isOurs = ({ metadata }: DeepReadonly<APIService>): boolean => metadata.labels?.[AUTOMANAGED] === 'true'

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
