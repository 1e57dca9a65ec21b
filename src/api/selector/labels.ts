import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { badRequest } from '../status-error.ts'
import type { LabelSelector as LabelSelectorObject } from '../types/meta.v1.ts'
import { parseRequirements } from './label-parser.ts'
import {
  checkedRequirement,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  requirementText,
  satisfies,
} from './requirement.ts'

/** A parsed label selector: all requirements have to hold. */
export interface LabelSelector {
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[]
  /** Selects everything. */
  readonly empty: boolean
  matches(labels: Labels | undefined): boolean
  /** The canonical text, as upstream prints it in a scale's status.selector. */
  toString(): string
}

const NO_LABELS: Labels = Object.freeze({})

class Requirements implements LabelSelector {
  readonly requirements: readonly LabelRequirement[]

  constructor(requirements: readonly LabelRequirement[]) {
    this.requirements = [...requirements].sort((left, right) =>
      left.key < right.key ? -1 : left.key > right.key ? 1 : 0,
    )
  }

  get empty(): boolean {
    return this.requirements.length === 0
  }

  matches(labels: Labels = NO_LABELS): boolean {
    for (const requirement of this.requirements) if (!satisfies(requirement, labels)) return false
    return true
  }

  toString(): string {
    return this.requirements.map(requirementText).join(',')
  }
}

/** Selects every object. */
export const everything: LabelSelector = new Requirements([])

/** Selects no object; its text is empty, as upstream's. */
export const nothing: LabelSelector = { requirements: [], empty: false, matches: () => false, toString: () => '' }

/** Parses the query form: `a=b,c in (d,e),!f`. Throws 400 with the words of upstream's labels.Parse. */
export function parseLabelSelector(text: string): LabelSelector {
  return text === '' ? everything : new Requirements(parseRequirements(text))
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/**
 * The selector of an object's field: undefined selects nothing, an empty one everything. Throws 400 where upstream's
 * LabelSelectorAsSelector has an error; validated objects never do.
 */
export function labelSelectorMatcher(selector: DeepReadonly<LabelSelectorObject> | undefined): LabelSelector {
  if (!selector) return nothing
  const { matchLabels = {}, matchExpressions = [] } = selector
  const equal = Object.entries(matchLabels).map(([key, value]) => checkedRequirement(key, '=', [value], badRequest))
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    const known = OPERATORS[operator]
    if (!known) throw badRequest(`"${operator}" is not a valid label selector operator`)
    return checkedRequirement(key, known, values, badRequest)
  })
  return new Requirements([...equal, ...expressions])
}

/** The selector of a plain map of labels, as Services and ReplicationControllers have it; an empty one selects everything. */
export function labelMapMatcher(labels: Labels): LabelSelector {
  return new Requirements(Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}
