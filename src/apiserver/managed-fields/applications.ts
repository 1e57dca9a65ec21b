import { applyConfiguration } from '../../api/patch/apply/apply.ts'
import { ElementError } from '../../api/patch/apply/element.ts'
import { isEmpty } from '../../api/patch/apply/field-set.ts'
import {
  decodeManaged,
  emptyManaged,
  encodeManaged,
  type Managed,
  managerId,
} from '../../api/patch/apply/managed-fields.ts'
import { FieldConflicts, type ManagedSet, type Managers, type OwnershipRules } from '../../api/patch/apply/managers.ts'
import { withoutIdentity } from '../../api/patch/apply/ownable-fields.ts'
import { firstOwned } from '../../api/patch/apply/ownership.ts'
import { problemsText, typeProblems } from '../../api/patch/apply/type-problems.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import { badRequest } from '../../api/status-error.ts'
import { type Clock, timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { applyConflict, failed, untypedConfig } from './apply-refusals.ts'
import { entriesOf } from './entries-of.ts'
import type { Application } from './field-manager.ts'
import { allowedByLastApplied, withLastApplied } from './last-applied.ts'
import type { ManagedKind } from './managed-kind.ts'
import { ownershipRules, versioned } from './update-across-versions.ts'

/** The manager of what was in an object before anything was applied to it, when nobody had been said to own that. */
const BEFORE_FIRST_APPLY = 'before-first-apply'

/** kubectl's own manager: what it applied on the client's side before is not in its way. */
const KUBECTL = 'kubectl'

interface Prepared extends Application {
  readonly live: DeepReadonly<ApiObject>
  readonly managed: Managed
  /** The manager's identifier. */
  readonly id: string
}

/** Server-side apply to objects of one kind. */
export class Applications {
  readonly #kind: ManagedKind
  readonly #clock: Clock
  readonly #rules: OwnershipRules

  constructor(kind: ManagedKind, clock: Clock) {
    this.#kind = kind
    this.#clock = clock
    this.#rules = ownershipRules(kind)
  }

  /** See FieldManager. */
  async apply(application: Application): Promise<ApiObject> {
    const { config, manager } = application
    this.#check(config)
    const live = application.live ?? (this.#kind.empty as unknown as ApiObject)
    const id = managerId({ manager, operation: 'Apply', subresource: this.#kind.subresource })
    try {
      const managed = this.#managed(application.live)
      const applied = await this.#applied({ ...application, live, managed, id })
      return manager === KUBECTL ? withLastApplied(applied, config) : applied
    } catch (error) {
      if (error instanceof FieldConflicts) throw applyConflict(error.conflicts)
      if (error instanceof ElementError)
        throw failed(`failed to create typed live object (${this.#subject(live)}): ${error.message}`)
      throw error
    }
  }

  /** Refuses what is no configuration of this kind. */
  #check(config: JsonObject): void {
    const { apiVersion, kind, type } = this.#kind
    if (config.apiVersion !== apiVersion || config.kind !== kind) {
      throw badRequest(`invalid object type: ${kindText(config.apiVersion, config.kind)}`)
    }
    if (isObject(config.metadata) && Array.isArray(config.metadata.managedFields)) {
      throw badRequest('metadata.managedFields must be nil')
    }
    const problems = typeProblems(type, config)
    if (problems.length > 0) throw untypedConfig(this.#subject(config), problemsText(problems))
  }

  #managed(live: DeepReadonly<ApiObject> | undefined): Managed {
    const entries = entriesOf(live)
    if (!live || entries.length > 0) return decodeManaged(entries, { isOurs: true })
    const managed = emptyManaged()
    const { apiVersion, subresource, type, empty } = this.#kind
    const all = firstOwned({ apiVersion, type, value: empty }, versioned(this.#kind, live), this.#rules)
    const fields = withoutIdentity(all)
    if (isEmpty(fields)) return managed
    const id = managerId({ manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion, subresource })
    managed.managers.set(id, { fields, apiVersion, applied: false })
    managed.times.set(id, this.#now())
    return managed
  }

  async #applied(prepared: Prepared): Promise<ApiObject> {
    const { live, managed, id } = prepared
    const { object, managers } = await this.#merged(prepared)
    const times = object ? new Map(managed.times).set(id, this.#now()) : managed.times
    const { metadata, ...fields } = (object?.value ?? live) as JsonObject
    const managedFields = encodeManaged({ managers: withoutIdentityOf(id, managers), times })
    const { managedFields: _before, ...kept } = (metadata ?? {}) as JsonObject
    return { ...fields, metadata: { ...kept, ...(managedFields && { managedFields }) } } as unknown as ApiObject
  }

  /** What kubectl applied on the client's side, and is as it was applied, it may take from those that own it. */
  async #merged({ live, config, managed, id, manager, force }: Prepared) {
    const { apiVersion, type } = this.#kind
    const application = {
      live: versioned(this.#kind, live),
      config: { apiVersion, type, value: config },
      managers: managed.managers,
      manager: id,
      force,
    }
    try {
      return await applyConfiguration(application, this.#rules)
    } catch (error) {
      if (!(error instanceof FieldConflicts) || manager !== KUBECTL) throw error
      const others = allowedByLastApplied(error.conflicts, live, this.#kind)
      if (others.length > 0) throw new FieldConflicts(others)
      return applyConfiguration({ ...application, force: true }, this.#rules)
    }
  }

  #subject(object: unknown): string {
    const { metadata } = object as { metadata?: { namespace?: unknown; name?: unknown } }
    const { apiVersion, kind } = this.#kind
    return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ${kindText(apiVersion, kind)}`
  }

  #now(): string {
    return timestamp(this.#clock.now())
  }
}

/** The managers with one of them owning nothing that identifies the object; it goes when nothing is left. */
function withoutIdentityOf(id: string, managers: Managers): Map<string, ManagedSet> {
  const result = new Map(managers)
  const owned = result.get(id)
  if (!owned) return result
  const fields = withoutIdentity(owned.fields)
  if (isEmpty(fields)) result.delete(id)
  else result.set(id, { ...owned, fields })
  return result
}

/** As Go prints a GroupVersionKind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
function kindText(apiVersion: unknown, kind: unknown): string {
  const text = typeof apiVersion === 'string' ? apiVersion : ''
  return `${text.includes('/') ? text : `/${text}`}, Kind=${typeof kind === 'string' ? kind : ''}`
}
