import { isDeepStrictEqual } from 'node:util'
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Condition } from './conditions.ts'

type Names = DeepReadonly<CustomResourceDefinitionNames>

export interface NamesVerdict {
  readonly acceptedNames: Names
  readonly condition: Condition
}

const NONE: Names = { plural: '', kind: '' }

/**
 * Which of the names that a definition asks for it gets: those that no other of its group holds. It keeps what it has where
 * it cannot have what it wants. Upstream: NamingConditionController.
 */
export function acceptNames(
  { spec, status }: DeepReadonly<CustomResourceDefinition>,
  others: Iterable<DeepReadonly<CustomResourceDefinition>>,
): NamesVerdict {
  const { resources, kinds } = namesInUse(others)
  const wanted = spec.names
  const held = status?.acceptedNames ?? NONE
  const accepted: { -readonly [K in keyof Names]: Names[K] } = { ...held, categories: wanted.categories }
  let condition = ACCEPTED
  const take = <F extends 'plural' | 'singular' | 'kind' | 'listKind'>(field: F, used: Set<string>, reason: string) => {
    const name = wanted[field] ?? ''
    if (name === (held[field] ?? '') || !used.has(name)) accepted[field] = wanted[field] as Names[F] & string
    else condition = conflict(reason, [name])
  }
  take('plural', resources, 'PluralConflict')
  take('singular', resources, 'SingularConflict')
  if (!isDeepStrictEqual(wanted.shortNames, held.shortNames)) {
    const taken = (wanted.shortNames ?? []).filter((name) => !isHeld(held, name) && resources.has(name))
    if (taken.length > 0) condition = conflict('ShortNamesConflict', taken)
    else accepted.shortNames = wanted.shortNames
  }
  take('kind', kinds, 'KindConflict')
  take('listKind', kinds, 'ListKindConflict')
  return { acceptedNames: withoutUndefined(accepted), condition }
}

const isHeld = ({ shortNames, plural, singular }: Names, name: string): boolean =>
  name === plural || name === singular || (shortNames?.includes(name) ?? false)

function namesInUse(definitions: Iterable<DeepReadonly<CustomResourceDefinition>>) {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { status } of definitions) {
    const { plural, singular, shortNames = [], kind, listKind } = status?.acceptedNames ?? NONE
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name)
    for (const name of [kind, listKind]) if (name) kinds.add(name)
  }
  return { resources, kinds }
}

const ACCEPTED: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}

function conflict(reason: string, names: readonly string[]): Condition {
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`)
  const message = texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
  return { type: 'NamesAccepted', status: 'False', reason, message }
}

const withoutUndefined = (names: Names): Names =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)) as unknown as Names
