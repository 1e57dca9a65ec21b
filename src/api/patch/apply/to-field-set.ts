import { DEDUCED, LEAF, type ListMapType, type MergeType, type ObjectType, type SetType } from '../../merge-type.ts'
import { isObject } from '../json-value.ts'
import { fieldElement } from './element.ts'
import { type FieldSet, finished, memberNode, NOTHING } from './field-set.ts'
import { ListItems } from './list-items.ts'

/**
 * The fields that an object mentions: leaves, items of lists, keys of maps, and what is empty or null. Structs are not
 * fields of their own. Throws ElementError when an item of a list has no key. Upstream: structured-merge-diff's ToFieldSet.
 */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  return fieldsOf(type, value, false) ?? NOTHING
}

/** The node of a value; undefined when nothing at or below it is mentioned. */
function fieldsOf(type: MergeType, value: unknown, isMember: boolean): FieldSet | undefined {
  switch (type.kind) {
    case 'leaf':
      return NOTHING
    case 'object':
      return membersOf(type, value, isMember)
    case 'deduced':
      return isObject(value) ? membersOf(DEDUCED_MAP, value, isMember) : NOTHING
    case 'set':
    case 'list-map':
      return itemsOf(type, value, isMember)
  }
}

const DEDUCED_MAP: ObjectType = { kind: 'object', field: () => DEDUCED, declares: () => false }

function membersOf(type: ObjectType, value: unknown, isMember: boolean): FieldSet | undefined {
  const node = isMember ? memberNode() : {}
  if (isObject(value)) {
    for (const name in value) {
      const member = value[name]
      if (member === undefined) continue
      const isField = !type.declares(name) || member === null || isEmptyObject(member)
      const fields = fieldsOf(type.field(name) ?? LEAF, member, isField)
      if (fields) node[fieldElement(name)] = fields
    }
  }
  return finished(node)
}

/** Items that are there more than once are owned together, as one. */
function itemsOf(type: SetType | ListMapType, value: unknown, isMember: boolean): FieldSet | undefined {
  const node = isMember ? memberNode() : {}
  if (Array.isArray(value)) {
    const items = new ListItems(type, value)
    for (const [name, item] of items.first) {
      const isWhole = type.kind === 'set' || items.repeated(name)
      node[name] = isWhole ? NOTHING : (fieldsOf(type.element, item, true) ?? NOTHING)
    }
  }
  return finished(node)
}

function isEmptyObject(value: unknown): boolean {
  if (!isObject(value)) return false
  for (const name in value) if (value[name] !== undefined) return false
  return true
}
