import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { LabelSelector as LabelSelectorObject } from '../types/meta.v1.ts'

export type Labels = Readonly<Record<string, string>>

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted, without repetition. */
  readonly values: readonly string[]
}

/** A parsed label selector. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[]
  /** Selects everything. */
  readonly empty: boolean
  matches(labels: Labels | undefined): boolean
  /** The canonical text, as upstream prints it in a scale's status.selector. */
  toString(): string
}

/** Parses the query form: `a=b,c in (d,e),!f`. Throws 400. */
export function parseLabelSelector(_text: string): LabelSelector {
  throw new Error('being written')
}

/** The selector of an object's field; undefined selects nothing, an empty one everything. Throws 400 on bad operators. */
export function labelSelectorMatcher(_selector: DeepReadonly<LabelSelectorObject> | undefined): LabelSelector {
  throw new Error('being written')
}
