import { DEDUCED_MAP, LEAF, type ListMapType, type MergeType, type ObjectType, type SetType } from '../../merge-type.ts'
import { isObject, type JsonObject, sameJson } from '../json-value.ts'
import { fieldElement, type PathElement } from './element.ts'
import { type FieldSet, finished, type Growing, memberNode, NOTHING } from './field-set.ts'
import { ListItems } from './list-items.ts'

/** How one object differs from another of its type. Where a container came or went, all that is in it did too. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/**
 * What `right` has more, other and less than `left`. Items of lists are compared by their keys, wherever they are. Throws
 * ElementError when an item has none. Upstream: structured-merge-diff's Compare.
 */
export function compare(type: MergeType, left: unknown, right: unknown): Comparison {
  const found = compareValues(type, left, right)
  return { added: found?.added ?? NOTHING, modified: found?.modified ?? NOTHING, removed: found?.removed ?? NOTHING }
}

/** What was found at one place, as nodes of the three sets. */
interface Found {
  added?: FieldSet
  modified?: FieldSet
  removed?: FieldSet
}

const MODIFIED: Found = Object.freeze({ modified: NOTHING })

/** Both are there; null is. */
function compareValues(type: MergeType, left: unknown, right: unknown): Found | undefined {
  if (sameJson(left, right)) return undefined // most parts of most objects, told much faster than by their types
  switch (type.kind) {
    case 'leaf':
      return MODIFIED
    case 'object':
      return compareMembers(type, left, right)
    case 'deduced':
      return compareDeduced(left, right)
    case 'set':
    case 'list-map':
      return compareLists(type, left, right)
  }
}

function compareMembers(type: ObjectType, left: unknown, right: unknown): Found | undefined {
  const [ours, theirs] = [nonEmptyObject(left), nonEmptyObject(right)]
  if (!ours && !theirs) return sameJson(left, right) ? undefined : MODIFIED
  const found = new Findings()
  for (const name in theirs) {
    const [before, after] = [ours?.[name], theirs[name]]
    if (after === undefined) continue
    const member = type.field(name) ?? LEAF
    if (before === undefined) found.add('added', fieldElement(name), allFields(member, after))
    else found.addAll(fieldElement(name), compareValues(member, before, after))
  }
  for (const name in ours) {
    const before = ours[name]
    if (before === undefined || theirs?.[name] !== undefined) continue
    found.add('removed', fieldElement(name), allFields(type.field(name) ?? LEAF, before))
  }
  return found.result
}

/** A map in the place of something else is a value that changed and members that came. */
function compareDeduced(left: unknown, right: unknown): Found | undefined {
  const isMap = (value: unknown): boolean => value === null || isObject(value)
  if (isMap(left) && isMap(right)) return compareMembers(DEDUCED_MAP, left, right)
  if (sameJson(left, right)) return undefined
  const members = isObject(left)
    ? compareMembers(DEDUCED_MAP, left, null)
    : isObject(right)
      ? compareMembers(DEDUCED_MAP, null, right)
      : undefined
  return { ...members, modified: NOTHING }
}

function compareLists(type: SetType | ListMapType, left: unknown, right: unknown): Found | undefined {
  const [ours, theirs] = [nonEmptyList(left), nonEmptyList(right)]
  if (!ours && !theirs) return sameJson(left, right) ? undefined : MODIFIED
  const [before, after] = [new ListItems(type, ours ?? []), new ListItems(type, theirs ?? [])]
  const element = type.kind === 'set' ? LEAF : type.element
  const found = new Findings()
  for (const [name, item] of after.first) {
    if (before.repeated(name) || after.repeated(name)) compareRepeated(element, name, before, after, found)
    else if (before.first.has(name)) found.addAll(name, compareValues(element, before.first.get(name), item))
    else found.add('added', name, allFields(element, item))
  }
  for (const [name, item] of before.first) {
    if (after.first.has(name)) continue
    found.add('removed', name, before.repeated(name) ? NOTHING : allFields(element, item))
  }
  return found.result
}

/** Items that are not told apart are one value together; a single one is compared with nothing then. */
function compareRepeated(
  type: MergeType,
  name: PathElement,
  before: ListItems,
  after: ListItems,
  found: Findings,
): void {
  const [old, now] = [before.repeated(name), after.repeated(name)]
  if (old && now) {
    if (!sameJson(old, now)) found.add('modified', name, NOTHING)
  } else if (old) {
    found.add('added', name, allFields(type, after.first.get(name)))
    found.add('removed', name, NOTHING)
  } else {
    if (before.first.has(name)) found.add('removed', name, allFields(type, before.first.get(name)))
    found.add('added', name, NOTHING)
  }
}

/** A value that came or went and everything in it, as a node. */
export function allFields(type: MergeType, value: unknown): FieldSet {
  switch (type.kind) {
    case 'leaf':
      return NOTHING
    case 'object':
      return allMembers(type, value)
    case 'deduced':
      return allMembers(DEDUCED_MAP, value)
    case 'set':
    case 'list-map':
      return allItems(type, value)
  }
}

function allMembers(type: ObjectType, value: unknown): FieldSet {
  const node = memberNode()
  if (isObject(value)) {
    for (const name in value) {
      if (value[name] !== undefined) node[fieldElement(name)] = allFields(type.field(name) ?? LEAF, value[name])
    }
  }
  return finished(node) as FieldSet
}

function allItems(type: SetType | ListMapType, value: unknown): FieldSet {
  const node = memberNode()
  if (Array.isArray(value)) {
    const items = new ListItems(type, value)
    for (const [name, item] of items.first) {
      node[name] = type.kind === 'set' || items.repeated(name) ? NOTHING : allFields(type.element, item)
    }
  }
  return finished(node) as FieldSet
}

/** The nodes of the three sets at one place, made when there is something to put into them. */
class Findings {
  result: { added?: Growing; modified?: Growing; removed?: Growing } | undefined

  add(what: keyof Found, element: PathElement, node: FieldSet): void {
    this.result ??= {}
    const growing = this.result[what] ?? {}
    growing[element] = node
    this.result[what] = growing
  }

  addAll(element: PathElement, found: Found | undefined): void {
    if (!found) return
    if (found.added) this.add('added', element, found.added)
    if (found.modified) this.add('modified', element, found.modified)
    if (found.removed) this.add('removed', element, found.removed)
  }
}

function nonEmptyObject(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined
  for (const name in value) if (value[name] !== undefined) return value
  return undefined
}

const nonEmptyList = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) && value.length > 0 ? value : undefined
