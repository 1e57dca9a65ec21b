import type { ApiObject, ResourceRef } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/types/apiextensions.v1.ts'
import type {
  StorageVersionMigration,
  StorageVersionMigrationStatus,
} from '../../api/types/storagemigration.v1beta1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { ResourceClient } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import type { Discover } from '../../client/discovery.ts'
import type { Informers } from '../../client/informers.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { afterMigration, whileMigrating } from './definition-migration.ts'
import {
  hasSucceeded,
  isOfSameResource,
  type MigrationCondition,
  migrationStep,
  withCondition,
  withoutRunning,
} from './migration-step.ts'
import { rewriteAll } from './rewrite.ts'

export const STORAGE_VERSION_MIGRATIONS: ResourceRef = {
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  plural: 'storageversionmigrations',
}

export interface StorageVersionMigratorDeps {
  readonly informers: Informers
  clientFor(user: string): Client
  readonly discover: Discover
  readonly clock: Clock
  readonly log: Logger
}

type Migration = DeepReadonly<StorageVersionMigration>

/** A custom resource may be a moment old: discovery is asked again for as long before it is said to be missing. */
const GRACE_MS = 60_000
const DISCOVER_AGAIN_MS = 1_000

/** Brings the objects of resources into their storage version when a StorageVersionMigration asks for it. */
export class StorageVersionMigrator implements Component {
  readonly name = 'storage-version-migrator-controller'
  readonly #deps: StorageVersionMigratorDeps
  readonly #client: Client
  readonly #migrations: ResourceClient<StorageVersionMigration>
  readonly #queue: WorkQueue<string>
  /** Whose objects are being rewritten: one for each resource at most. */
  readonly #rewriting = new Set<string>()

  constructor(deps: StorageVersionMigratorDeps) {
    this.#deps = deps
    this.#client = deps.clientFor(this.name)
    this.#migrations = this.#client.resource(STORAGE_VERSION_MIGRATIONS) as ResourceClient<StorageVersionMigration>
    this.#queue = new WorkQueue({ clock: deps.clock })
    deps.informers.for(STORAGE_VERSION_MIGRATIONS) // it exists before the set runs
  }

  async run(signal: AbortSignal): Promise<void> {
    const informer = this.#deps.informers.for(STORAGE_VERSION_MIGRATIONS)
    const add = ({ metadata }: DeepReadonly<ApiObject>) => this.#queue.add(metadata.name ?? '')
    const deleted = (object: DeepReadonly<ApiObject>) => this.#wake(object as Migration)
    const stop = informer.on({ added: add, updated: add, deleted })
    for (let name = await this.#queue.take(signal); name !== undefined; name = await this.#queue.take(signal)) {
      try {
        await this.#reconcile(name, signal)
        this.#queue.forget(name)
      } catch (error) {
        if (signal.aborted) break
        this.#deps.log.warn('a storage version migration will be tried again', { name, error })
        this.#queue.retry(name)
      } finally {
        this.#queue.done(name)
      }
    }
    stop()
    this.#queue.clear()
  }

  /** Others of the same resource may have waited for it. */
  #wake(over: Migration): void {
    for (const other of this.#deps.informers.for(STORAGE_VERSION_MIGRATIONS).lister.list()) {
      if (isOfSameResource(other as Migration, over)) this.#queue.add(other.metadata.name ?? '')
    }
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<void> {
    const { items } = await this.#migrations.list({ signal })
    const migration = items.find(({ metadata }) => metadata.name === name)
    if (!migration) return
    switch (migrationStep(migration, items)) {
      case 'note-revision':
        return this.#noteRevision(migration, signal)
      case 'begin':
        return this.#begin(migration, signal)
      case 'rewrite':
        return this.#startRewriting(migration, signal)
      case 'clean-up':
        return this.#cleanUp(migration, signal)
      case 'wait':
    }
  }

  async #noteRevision(migration: Migration, signal: AbortSignal): Promise<void> {
    const resource = await this.#find(migration, signal)
    if (resource) {
      const { metadata } = await this.#client.resource(resource).list({ limit: 1, signal })
      const { resourceVersion = '' } = metadata
      return this.#write(
        migration,
        { ...editable<StorageVersionMigrationStatus>(migration.status), resourceVersion },
        signal,
      )
    }
    const age = this.#deps.clock.now() - Date.parse(migration.metadata.creationTimestamp ?? '')
    if (age < GRACE_MS) return this.#queue.addAfter(migration.metadata.name as string, DISCOVER_AGAIN_MS)
    await this.#end(migration, 'Failed', 'resource does not exist in discovery', signal)
  }

  async #begin(migration: Migration, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const { name = '' } = migration.metadata
    await this.#changeDefinition(migration, (definition) => whileMigrating(definition, name, clock.now()), signal)
    const running = { type: 'Running', reason: 'MigrationRunning', message: 'The migration is running' } as const
    await this.#write(migration, withCondition(migration, running, clock.now()), signal)
  }

  #startRewriting(migration: Migration, signal: AbortSignal): void {
    const { name = '' } = migration.metadata
    if (this.#rewriting.has(name)) return
    this.#rewriting.add(name)
    this.#rewrite(migration, signal)
      .catch((error) => {
        if (signal.aborted) return
        this.#deps.log.warn('a storage version migration will be tried again', { name, error })
        this.#queue.retry(name)
      })
      .finally(() => this.#rewriting.delete(name))
  }

  async #rewrite(migration: Migration, signal: AbortSignal): Promise<void> {
    const resource = await this.#find(migration, signal)
    if (!resource) return this.#end(migration, 'Failed', 'resource not found', signal)
    try {
      await rewriteAll(this.#client.resource<ApiObject>(resource), signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#deps.log.warn('a storage version migration failed', { name: migration.metadata.name, error })
      return this.#end(migration, 'Failed', 'migration encountered unhandled error', signal)
    }
    await this.#end(migration, 'Succeeded', '', signal)
  }

  async #end(
    migration: Migration,
    type: Exclude<MigrationCondition, 'Running'>,
    message: string,
    signal: AbortSignal,
  ): Promise<void> {
    const condition = { type, reason: `StorageVersionMigration${type}`, message }
    await this.#write(migration, withCondition(migration, condition, this.#deps.clock.now()), signal)
  }

  async #cleanUp(migration: Migration, signal: AbortSignal): Promise<void> {
    const succeeded = hasSucceeded(migration)
    const { clock } = this.#deps
    await this.#changeDefinition(migration, (definition) => afterMigration(definition, succeeded, clock.now()), signal)
    await this.#write(migration, withoutRunning(migration), signal)
    this.#wake(migration)
  }

  async #find({ spec }: Migration, signal: AbortSignal): Promise<ResourceRef | undefined> {
    const { group = '', resource } = spec.resource
    const { resources } = await this.#deps.discover(signal)
    return resources.find((one) => one.group === group && one.plural === resource)
  }

  async #write(migration: Migration, status: StorageVersionMigrationStatus, signal: AbortSignal): Promise<void> {
    const changed = { ...editable<StorageVersionMigration>(migration), status }
    try {
      await this.#migrations.updateStatus(changed, { signal })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error // deleted meanwhile: nobody wants to know
    }
  }

  /** Changes the status of the resource's definition, if it has one, again when somebody else was faster. */
  async #changeDefinition(
    { spec }: Migration,
    change: (definition: DeepReadonly<CustomResourceDefinition>) => CustomResourceDefinitionStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const { group = '', resource } = spec.resource
    const { customResourceDefinitions } = this.#client
    for (;;) {
      const definition = await customResourceDefinitions
        .get({ name: `${resource}.${group}` }, { signal })
        .catch(ignoreNotFound)
      if (!definition) return
      const changed = { ...editable<CustomResourceDefinition>(definition), status: change(definition) }
      try {
        await customResourceDefinitions.updateStatus(changed, { signal })
        return
      } catch (error) {
        if (!hasReason(error, Reason.Conflict)) throw error
      }
    }
  }
}
