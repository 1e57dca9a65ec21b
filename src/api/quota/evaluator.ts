import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ApiObject } from '../resource.ts'
import type { ScopedResourceSelectorRequirement } from '../types/core.v1.ts'
import type { Amounts } from './amounts.ts'

export type ScopeRequirement = DeepReadonly<ScopedResourceSelectorRequirement>

/** How quota counts the objects of one resource. */
export interface QuotaEvaluator<T extends ApiObject = ApiObject> {
  readonly group: string
  readonly plural: string
  /** Whether objects of this resource use what a quota calls `name`. */
  counts(name: string): boolean
  /** What an object uses, at this time in ms since the epoch. */
  usage(object: DeepReadonly<T>, now: number): Amounts
  /** Whether a write can change what is used: creations can, of all but subresources. */
  isCharged(operation: string, subresource: string): boolean
  /** Whether the object is of those that a scope means; scopes that the resource does not know mean none. */
  matchesScope(requirement: ScopeRequirement, object: DeepReadonly<T>): boolean
  /** What an object has to say of itself to be counted by these names and does not, as the refusal words it. */
  missing?(names: readonly string[], object: DeepReadonly<T>): string | undefined
}

/** `count/pods`, `count/deployments.apps`: the number of objects in the store. */
export const objectCountName = (group: string, plural: string): string =>
  group === '' ? `count/${plural}` : `count/${plural}.${group}`

/** Usage of a resource without scopes. */
export const noScope = (): boolean => false

export const onCreate = (operation: string, subresource: string): boolean =>
  operation === 'CREATE' && subresource === ''

export const onCreateAndUpdate = (operation: string, subresource: string): boolean =>
  (operation === 'CREATE' || operation === 'UPDATE') && subresource === ''
