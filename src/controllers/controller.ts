import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { ObjectName } from '../client/client.ts'
import type { Client } from '../client/clientset.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Informers, ObjectOf, ResourceName } from '../client/informers.ts'
import { keyOf, objectKey } from '../client/object-key.ts'
import type { Listers } from './listers.ts'

/** What a reconcile came to: nothing more to do until something changes, or look again in `after` ms. */
export type Outcome = { readonly settled: true } | { readonly after: number }

export const settled: Outcome = { settled: true }

/** Look again in `ms`; changes are looked at earlier. */
export const after = (ms: number): Outcome => ({ after: ms })

/** The earlier of several outcomes. */
export function soonest(...outcomes: readonly Outcome[]): Outcome {
  const times = outcomes.flatMap((outcome) => ('after' in outcome ? [outcome.after] : []))
  return times.length > 0 ? after(Math.min(...times)) : settled
}

/** What a reconcile works with. */
export interface ReconcileDeps {
  /** Acts as the controller's own user. Its writes are awaited in the caches before the key is reconciled again. */
  readonly client: Client
  /** Caches of the resources that the controller names in `watches` and `reads`; others throw. */
  readonly listers: Listers
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface WatchContext {
  readonly listers: Listers
  readonly clock: Clock
}

/** Which keys an object bears on. Asked for both states of an update, and for the last state of a deleted object. */
export type KeysOf<T> = (object: DeepReadonly<T>, context: WatchContext) => Iterable<string>

/** One resource whose changes matter. */
export interface Watch<K extends ResourceName = ResourceName> {
  readonly resource: K
  readonly keys: KeysOf<ObjectOf<K>>
  /** Updates for which this is false are passed over; all count unless given. */
  readonly changed?: (object: DeepReadonly<ObjectOf<K>>, old: DeepReadonly<ObjectOf<K>>) => boolean
  /** Only deletions count, and what is there when the controller starts: what others make is theirs. */
  readonly onlyDeleted?: true
}

/**
 * A controller is data: what to look at, whom to act as, and how to bring one key to where it should be. `reconcile` reads
 * the listers, plans without I/O, applies, and says when to look again. It throws on failure: the loop retries with
 * back-off. It is called for one key at a time, several keys at once, and must come to the same end from any start.
 */
export interface Controller {
  /** As `--controllers` names it: `deployment-controller`. */
  readonly name: string
  /** The service account in kube-system it acts as: `deployment-controller`. */
  readonly user: string
  /** The component that its events name; `user` unless given. */
  readonly eventSource?: string
  /** How many keys are reconciled at once; 5 unless given. */
  readonly workers?: number
  readonly watches: readonly AnyWatch[]
  /** Resources it reads without following their changes. */
  readonly reads?: readonly ResourceName[]
  /** Adds the indexes that it looks things up by. */
  indexes?(informers: Informers): void
  reconcile(key: ObjectName, deps: ReconcileDeps): Promise<Outcome>
}

/** A watch whose resource is no longer known to the type checker; made by `watch`. */
export interface AnyWatch {
  readonly resource: ResourceName
  readonly keys: KeysOf<never>
  readonly changed?: (object: never, old: never) => boolean
  readonly onlyDeleted?: true
}

/** `watch('pods', controlledBy('ReplicaSet'))`. */
export function watch<K extends ResourceName>(
  resource: K,
  keys: KeysOf<ObjectOf<K>>,
  changed?: (object: DeepReadonly<ObjectOf<K>>, old: DeepReadonly<ObjectOf<K>>) => boolean,
): AnyWatch {
  return { resource, keys, ...(changed && { changed }) } as AnyWatch
}

/** `watchDeleted('endpoints', itself)`. */
export const watchDeleted = <K extends ResourceName>(resource: K, keys: KeysOf<ObjectOf<K>>): AnyWatch =>
  ({ resource, keys, onlyDeleted: true }) as AnyWatch

type Named = DeepReadonly<{ metadata: { name?: string; namespace?: string } }>

/** The object itself is the key. */
export const itself = (object: Named): string[] => [keyOf(object)]

type Owned = DeepReadonly<{
  metadata: { namespace?: string; ownerReferences?: { kind: string; name: string; controller?: boolean }[] }
}>

/** The key is the object's controller, when that is of this kind. */
export const controlledBy =
  (kind: string) =>
  ({ metadata: { namespace, ownerReferences } }: Owned): string[] => {
    const owner = ownerReferences?.find(({ controller }) => controller)
    return owner?.kind === kind ? [objectKey({ name: owner.name, namespace })] : []
  }
