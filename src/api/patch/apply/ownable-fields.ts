import type { OwnableRule } from '../../resource.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import type { PathElement } from './element.ts'
import { difference, type FieldSet, fieldSet, finished, type Growing, isMember, NOTHING } from './field-set.ts'

/** Nobody owns what identifies an object, or what the server sets in every one. Upstream: stripMetaManager. */
const IDENTITY = {
  object: ['apiVersion', 'kind'],
  metadata: [
    ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'],
    ...['generation', 'managedFields', 'resourceVersion'],
  ],
} as const

const IDENTITY_FIELDS = fieldSet(
  ...[...IDENTITY.object, 'metadata'].map((name) => [`f:${name}`]),
  ...IDENTITY.metadata.map((name) => ['f:metadata', `f:${name}`]),
)

/** Which fields of an object those who write through one of its subresources can own. */
export class OwnableFields {
  readonly #hidden: ReadonlySet<string>
  readonly #hiddenMetadata: ReadonlySet<string>
  readonly #rule: Tree
  readonly #isInclusive: boolean

  constructor(rule: OwnableRule) {
    const paths = ('only' in rule ? rule.only : rule.except).map((path) => path.split('.'))
    this.#isInclusive = 'only' in rule
    this.#rule = treeOf(paths)
    const hidden = this.#isInclusive ? [] : paths
    const whole = hidden.filter(({ length }) => length === 1).map(([name]) => name as string)
    const ofMetadata = hidden.filter(({ length, 0: first }) => length === 2 && first === 'metadata')
    this.#hidden = new Set([...IDENTITY.object, ...whole])
    this.#hiddenMetadata = new Set([...IDENTITY.metadata, ...ofMetadata.map(([, name]) => name as string)])
    this.isShown = !this.#isInclusive && whole.length + ofMetadata.length === paths.length
  }

  /** Whether `shown` leaves out all that cannot be owned, so that sets made of it need no `filter`. */
  readonly isShown: boolean

  /** The object without most of what cannot be owned: so much need not be compared. Shares the rest with it. */
  shown(object: JsonObject): JsonObject {
    const result: JsonObject = {}
    for (const name in object) if (!this.#hidden.has(name) && name !== 'metadata') result[name] = object[name]
    if (!this.#hidden.has('metadata')) result.metadata = this.#shownMetadata(object.metadata)
    return result
  }

  /** The set without fields that are reset on a write. */
  filter(fields: FieldSet): FieldSet {
    return (this.#isInclusive ? within(fields, this.#rule) : without(fields, this.#rule)) ?? NOTHING
  }

  #shownMetadata(metadata: unknown): JsonObject {
    const result: JsonObject = {}
    if (!isObject(metadata)) return result
    for (const name in metadata) if (!this.#hiddenMetadata.has(name)) result[name] = metadata[name]
    return result
  }
}

/** The set without what nobody owns. */
export const withoutIdentity = (fields: FieldSet): FieldSet => difference(fields, IDENTITY_FIELDS)

/** Paths by their steps; a leaf is the end of a path. */
interface Tree {
  readonly [step: string]: Tree
}

function treeOf(paths: readonly (readonly string[])[]): Tree {
  const tree: Record<string, Tree> = {}
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue
    tree[first] = rest.length === 0 ? {} : { ...tree[first], ...treeOf([rest]) }
  }
  return tree
}

const treeBelow = (tree: Tree, element: PathElement): Tree | undefined =>
  (element.startsWith('f:') ? tree[element.slice(2)] : undefined) ?? tree['*']

const isEnd = (tree: Tree): boolean => Object.keys(tree).length === 0

function without(fields: FieldSet, tree: Tree): FieldSet | undefined {
  if (isEnd(tree)) return fields
  const result: Growing = {}
  for (const element in fields) {
    const [node, below] = [fields[element] as FieldSet, element === '.' ? undefined : treeBelow(tree, element)]
    if (below && isEnd(below)) continue
    const rest = below ? without(node, below) : node
    if (rest) result[element] = rest
    else if (isMember(node)) result[element] = NOTHING
  }
  return finished(result)
}

function within(fields: FieldSet, tree: Tree): FieldSet | undefined {
  if (isEnd(tree)) return fields
  const result: Growing = {}
  for (const element in fields) {
    const below = element === '.' ? undefined : treeBelow(tree, element)
    const found = below && within(fields[element] as FieldSet, below)
    if (found) result[element] = found
  }
  return finished(result)
}
