import { compareElements, type PathElement, parseElement } from './element.ts'

/**
 * A set of fields, in the form that managedFields have on the wire (FieldsV1): a tree of path elements. A node is a member
 * of the set when it has a member `.` or nothing at all; the root itself is never one, so `{}` there is the empty set.
 * Thus nothing is decoded where a set is read, and nothing encoded where it is written. Nodes are shared: never change one.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet
}

/** A node under construction. */
export type Growing = Record<PathElement, FieldSet>

/** The empty set; as a node, a member without children. */
export const NOTHING: FieldSet = Object.freeze({})

const SELF = '.'

export const isEmpty = (set: FieldSet): boolean => {
  for (const _ in set) return false
  return true
}

/** Whether a node (not the root) is itself in the set. */
export const isMember = (node: FieldSet): boolean => node[SELF] !== undefined || isEmpty(node)

/** Whether anything below a node is in the set. */
export const hasChildren = (node: FieldSet): boolean => {
  for (const element in node) if (element !== SELF) return true
  return false
}

/** What a node that is a member begins as, before its children are put in. */
export const memberNode = (): Growing => ({ [SELF]: NOTHING })

/** A node built from `memberNode()` or `{}`: undefined when there is nothing in it. */
export function finished(node: Growing): FieldSet | undefined {
  let elements = 0
  for (const _ in node) if (++elements > 1) return node
  if (elements === 0) return undefined
  return node[SELF] === undefined ? node : NOTHING
}

/** The set of these paths. */
export function fieldSet(...paths: readonly (readonly PathElement[])[]): FieldSet {
  let set: FieldSet = NOTHING
  for (const path of paths)
    set = union(
      set,
      [...path].reverse().reduce((node, step) => ({ [step]: node }), NOTHING),
    )
  return set
}

export function has(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) node = node?.[element]
  return path.length > 0 && node !== undefined && isMember(node)
}

/** Fields in either set. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(left) || left === right) return right
  if (isEmpty(right)) return left
  const result: Growing = { ...left }
  for (const element in right) {
    const [ours, theirs] = [left[element], right[element] as FieldSet]
    result[element] = ours === undefined ? theirs : nodeUnion(ours, theirs)
  }
  return result
}

function nodeUnion(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left
  const result = isMember(left) || isMember(right) ? memberNode() : {}
  for (const element in left) if (element !== SELF) result[element] = left[element] as FieldSet
  for (const element in right) {
    if (element === SELF) continue
    const [ours, theirs] = [left[element], right[element] as FieldSet]
    result[element] = ours === undefined ? theirs : nodeUnion(ours, theirs)
  }
  return finished(result) ?? NOTHING
}

/** Fields in both sets. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return finished(intersect(left, right, {})) ?? NOTHING
}

function intersect(left: FieldSet, right: FieldSet, result: Growing): Growing {
  for (const element in left) {
    const [ours, theirs] = [left[element] as FieldSet, right[element]]
    if (element === SELF || theirs === undefined) continue
    const isBoth = isMember(ours) && isMember(theirs)
    const node = finished(intersect(ours, theirs, isBoth ? memberNode() : {}))
    if (node) result[element] = node
  }
  return result
}

/** Whether any field is in both sets. */
export function intersects(left: FieldSet, right: FieldSet): boolean {
  for (const element in right) {
    if (element === SELF) continue
    const [ours, theirs] = [left[element], right[element] as FieldSet]
    if (ours !== undefined && ((isMember(ours) && isMember(theirs)) || intersects(ours, theirs))) return true
  }
  return false
}

/** Fields of `left` that are not in `right`; what lies below a field of `right` stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return finished(subtract(left, right, {}, false)) ?? NOTHING
}

/** Fields of `left` that neither are in `right` nor lie below one that is. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return finished(subtract(left, right, {}, true)) ?? NOTHING
}

function subtract(left: FieldSet, right: FieldSet, result: Growing, isRecursive: boolean): Growing {
  for (const element in left) {
    if (element === SELF) continue
    const [ours, theirs] = [left[element] as FieldSet, right[element]]
    if (theirs === undefined) {
      result[element] = ours
      continue
    }
    const isGone = isMember(theirs)
    if (isGone && isRecursive) continue
    const begun = isMember(ours) && !isGone ? memberNode() : {}
    const node = finished(subtract(ours, theirs, begun, isRecursive))
    if (node) result[element] = node
  }
  return result
}

/** Whether every field of `left` is in `right`. */
export function isSubset(left: FieldSet, right: FieldSet): boolean {
  for (const element in left) {
    if (element === SELF) continue
    const [ours, theirs] = [left[element] as FieldSet, right[element]]
    if (theirs === undefined || (isMember(ours) && !isMember(theirs)) || !isSubset(ours, theirs)) return false
  }
  return true
}

/** The members that have no members below them. */
export function leaves(set: FieldSet): FieldSet {
  const result: Growing = {}
  for (const element in set) if (element !== SELF) result[element] = leaves(set[element] as FieldSet)
  return result
}

export function sameFields(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true
  let count = 0
  for (const element in left) {
    count++
    const other = right[element]
    if (other === undefined || !sameFields(left[element] as FieldSet, other)) return false
  }
  for (const _ in right) count--
  return count === 0 || (isEmptyNode(left) && isEmptyNode(right))
}

const isEmptyNode = (node: FieldSet): boolean => !hasChildren(node) && isMember(node)

/** Every field of the set, in upstream's order: the members of a node before those below it. */
export function paths(set: FieldSet): PathElement[][] {
  const result: PathElement[][] = []
  collect(set, [], result)
  return result
}

function collect(node: FieldSet, at: readonly PathElement[], result: PathElement[][]): void {
  const elements = childElements(node)
  for (const element of elements) if (isMember(node[element] as FieldSet)) result.push([...at, element])
  for (const element of elements) collect(node[element] as FieldSet, [...at, element], result)
}

function childElements(node: FieldSet): PathElement[] {
  return Object.keys(node)
    .filter((element) => element !== SELF)
    .sort(compareElements)
}

/** The same set with its elements in upstream's order, for writing. Parts that are in order are kept. */
export function ordered(set: FieldSet): FieldSet {
  if (isOrdered(set)) return set
  const result: Growing = set[SELF] === undefined ? {} : memberNode()
  for (const element of childElements(set)) result[element] = ordered(set[element] as FieldSet)
  return result
}

/** Most sets are: objects are written in the order of their names, more or less. */
function isOrdered(set: FieldSet): boolean {
  let previous: string | undefined
  for (const element in set) {
    const isBehind = element === SELF ? previous !== undefined : previous !== undefined && isAfter(previous, element)
    if (isBehind || !isOrdered(set[element] as FieldSet)) return false
    previous = element
  }
  return true
}

const isAfter = (previous: string, next: string): boolean => previous !== SELF && compareElements(previous, next) > 0

/**
 * A set that somebody else wrote, as this server writes it: elements in canonical form and order, unknown kinds of elements
 * left out. Throws a SyntaxError when it is no set.
 */
export function parseFieldSet(fields: unknown): FieldSet {
  return finished(parseChildren(fields, {})) ?? NOTHING
}

function parseChildren(fields: unknown, result: Growing): Growing {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new SyntaxError('a set of fields is an object')
  }
  const found: [PathElement, FieldSet][] = []
  for (const [text, child] of Object.entries(fields)) {
    const element = text === SELF ? undefined : parseElement(text)
    if (element !== undefined) found.push([element, parseNode(child)])
  }
  found.sort(([left], [right]) => compareElements(left, right))
  for (const [element, node] of found) {
    const known = result[element]
    result[element] = known === undefined ? node : nodeUnion(known, node)
  }
  return result
}

function parseNode(fields: unknown): FieldSet {
  const children = parseChildren(fields, {})
  const isAlsoMember = Object.hasOwn(fields as object, SELF) || isEmpty(children)
  return isAlsoMember ? (finished({ ...memberNode(), ...children }) as FieldSet) : children
}
