import { DEDUCED, LEAF, type ListMapType, type MergeType, type ObjectType, type SetType } from '../../merge-type.ts'
import { isObject, type JsonObject, setMember } from '../json-value.ts'
import { fieldElement, itemElement } from './element.ts'
import { type FieldSet, hasChildren, isMember } from './field-set.ts'

/**
 * A value without the fields of a set, each with all that is below it. A container that loses its last member becomes
 * null, as upstream's does. The input stays as it is. Upstream: structured-merge-diff's RemoveItems.
 */
export function removeItems(type: MergeType, value: unknown, fields: FieldSet): unknown {
  switch (type.kind) {
    case 'leaf':
      return isObject(value) || Array.isArray(value) ? null : value
    case 'object':
      return removeMembers(type, value, fields)
    case 'deduced':
      return isObject(value) ? removeMembers(DEDUCED_MAP, value, fields) : Array.isArray(value) ? null : value
    case 'set':
    case 'list-map':
      return removeFromList(type, value, fields)
  }
}

const DEDUCED_MAP: ObjectType = { kind: 'object', field: () => DEDUCED, declares: () => false }

function removeMembers(type: ObjectType, value: unknown, fields: FieldSet): unknown {
  if (!isObject(value)) return null
  const kept: JsonObject = {}
  let isEmpty = true
  for (const name in value) {
    const [member, node] = [value[name], fields[fieldElement(name)]]
    if (member === undefined || (node && isMember(node))) continue
    isEmpty = false
    const isInside = node !== undefined && hasChildren(node)
    setMember(kept, name, isInside ? removeItems(type.field(name) ?? LEAF, member, node) : member)
  }
  return isEmpty ? null : kept
}

function removeFromList(type: SetType | ListMapType, value: unknown, fields: FieldSet): unknown {
  if (!Array.isArray(value)) return null
  const kept: unknown[] = []
  for (const item of value) {
    const node = fields[itemElement(type, item)]
    if (node && isMember(node)) continue
    kept.push(node && type.kind === 'list-map' ? removeItems(type.element, item, node) : item)
  }
  return kept.length === 0 ? null : kept
}
