import type { FieldType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import { badRequest } from '../status-error.ts'
import { copyOf, isObject, type JsonObject, setMember } from './json-value.ts'
import { mergeSortedByServer, partition, sortedBy } from './list-order.ts'
import { notAPatch, patchRejected, unclassified } from './patch-error.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const ELEMENT_ORDER = '$setElementOrder/'
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/'

const BAD_RETAIN_KEYS = 'invalid patch format of retainKeys'
const BAD_ELEMENT_ORDER = 'invalid patch format of setElementOrder list'

/**
 * Applies a strategic merge patch to an object of a type of the schema table and returns the result; neither input
 * changes. Lists with patchStrategy merge are merged by their key or as sets; the directives $patch, $retainKeys,
 * $setElementOrder and $deleteFromPrimitiveList are obeyed. Upstream counterpart: apimachinery strategicpatch with the
 * options of the API server (directives are carried out, nulls for absent fields vanish). Errors are 400 for malformed
 * directives, 422 for lists of lists, 500 with upstream's text for what upstream does not classify.
 */
export function applyStrategicMergePatch(typeName: string, doc: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw notAPatch(patch, 'map[string]interface {}')
  return mergeObject(isObject(doc) ? ownMembers(doc, patch) : {}, copyOf(patch), { ref: typeName })
}

/** The document with members of its own where the patch, or a directive of it, names them; others stay shared. */
function ownMembers(doc: JsonObject, patch: JsonObject): JsonObject {
  const own: JsonObject = {}
  const named = new Set(Object.keys(patch).map((key) => (key.startsWith('$') ? key.slice(key.indexOf('/') + 1) : key)))
  for (const key of Object.keys(doc)) setMember(own, key, named.has(key) ? copyOf(doc[key]) : doc[key])
  return own
}

interface FieldPatch {
  readonly type: FieldType | undefined
  readonly strategies: readonly string[]
  readonly mergeKey: string
}

/** How a member of an object of this type is patched; free-form parts and maps have no strategy. */
function fieldPatch(type: FieldType | undefined, key: string): FieldPatch {
  if (typeof type === 'object' && 'map' in type) return { type: type.map, strategies: [], mergeKey: '' }
  const fields = typeof type === 'object' && 'ref' in type ? typeSchema(type.ref).fields : undefined
  const field = fields?.find(({ name }) => name === key)
  if (fields && !field)
    throw unclassified(`unable to find api field in struct ${shortName(type)} for the json field "${key}"`)
  return {
    type: field?.type,
    strategies: field?.patchStrategy?.split(',') ?? [],
    mergeKey: field?.patchMergeKey ?? '',
  }
}

const shortName = (type: FieldType | undefined): string =>
  typeof type === 'object' && 'ref' in type ? (type.ref.split('.').at(-1) ?? '') : ''

const elementType = (type: FieldType | undefined): FieldType | undefined =>
  typeof type === 'object' && 'list' in type ? type.list : undefined

/** Merges into `target`, which is the caller's own, and returns it or what stands in its place. */
function mergeObject(target: JsonObject, patch: JsonObject, type: FieldType | undefined): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return obeyDirective(patch)
  retainKeys(target, patch)
  mergeOrderedLists(target, patch, type)
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(target, key.slice(DELETE_FROM_LIST.length), patch[key])
    else mergeMember(target, key, patch[key], type)
  }
  return target
}

function obeyDirective({ [DIRECTIVE]: directive, ...rest }: JsonObject): JsonObject {
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw unclassified(`unknown patch type: ${directive} in map: ${goMap({ [DIRECTIVE]: directive, ...rest })}`)
}

function mergeMember(target: JsonObject, key: string, change: unknown, type: FieldType | undefined): void {
  if (change === null) {
    delete target[key]
    return
  }
  const current = Object.hasOwn(target, key) ? target[key] : undefined
  if (isObject(current) && isObject(change)) {
    const { type: memberType, strategies } = fieldPatch(type, key)
    target[key] = strategies.includes('replace') ? change : mergeObject(current, change, memberType)
  } else if (Array.isArray(current) && Array.isArray(change)) {
    target[key] = mergeField(current, change, fieldPatch(type, key))
  } else {
    takeOver(target, key, change)
  }
}

/** What the object did not have, or had in another shape: the patch's value without nulls and directives. */
function takeOver(target: JsonObject, key: string, change: unknown): void {
  if (containsDirective(change)) delete target[key]
  else target[key] = plain(change)
}

const containsDirective = (value: unknown): boolean => isObject(value) && Object.hasOwn(value, DIRECTIVE)

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !containsDirective(item)).map(plain)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, item]) => item !== null && !containsDirective(item))
  return Object.fromEntries(kept.map(([key, item]) => [key, plain(item)]))
}

/** $retainKeys: what the list does not name is dropped from the target; the patch itself may only hold listed keys. */
function retainKeys(target: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return
  const list = patch[RETAIN_KEYS]
  delete patch[RETAIN_KEYS]
  if (!Array.isArray(list)) throw badRequest(BAD_RETAIN_KEYS)
  const retained = new Set(list)
  const isParallel = (key: string) => key.startsWith(DELETE_FROM_LIST) || key.startsWith(ELEMENT_ORDER)
  const stray = Object.keys(patch).some((key) => patch[key] !== null && !isParallel(key) && !retained.has(key))
  if (stray) throw badRequest(BAD_RETAIN_KEYS)
  for (const key of Object.keys(target)) if (!retained.has(key)) delete target[key]
}

function deleteFromList(target: JsonObject, key: string, removed: unknown): void {
  const current = target[key]
  if (removed === null) delete target[key]
  if (!Array.isArray(current) || !Array.isArray(removed)) return
  checkElements(current, removed)
  const gone = new Set(removed)
  target[key] = current.filter((item) => !gone.has(item))
}

/** $setElementOrder/x: merges list x of patch and target, then puts it in the order given. */
function mergeOrderedLists(target: JsonObject, patch: JsonObject, type: FieldType | undefined): void {
  for (const directive of Object.keys(patch).filter((key) => key.startsWith(ELEMENT_ORDER))) {
    const key = directive.slice(ELEMENT_ORDER.length)
    const order = asList(patch[directive])
    const field = fieldPatch(type, key)
    const current = Object.hasOwn(target, key) ? asList(target[key]) : undefined
    const change = Object.hasOwn(patch, key) ? asList(patch[key]) : undefined
    delete patch[directive]
    delete patch[key]
    checkElementOrder(change ?? [], order, field.mergeKey)
    if (!current && !change) continue
    const merged = change ? (current ? mergeField(current, change, field) : (plain(change) as unknown[])) : current
    target[key] = inOrder(merged ?? [], order, current ?? [], field.mergeKey)
  }
}

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unclassified(`expected a []interface {}, but received a ${goType(value)}`)
  return value
}

/** The elements of the patch have to come in the order that the directive gives. */
function checkElementOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (change.length === 0 || order.length === 0) return
  const wanted = change.filter((item) => !containsDirective(item)).map((item) => keyOf(item, mergeKey))
  let next = 0
  for (const item of order) if (next < wanted.length && keyOf(item, mergeKey) === wanted[next]) next++
  if (next < wanted.length) {
    throw unclassified(
      `The order in patch list:\n${goList(change)}\n doesn't match ${ELEMENT_ORDER.slice(0, -1)} list:\n${goList(order)}\n`,
    )
  }
}

function mergeField(current: unknown[], change: unknown[], { type, strategies, mergeKey }: FieldPatch): unknown[] {
  return strategies.includes('merge') ? mergeList(current, change, elementType(type), mergeKey) : change
}

function mergeList(current: unknown[], change: unknown[], type: FieldType | undefined, mergeKey: string): unknown[] {
  if (current.length === 0 && change.length === 0) return current
  if (!checkElements(current, change)) return inOrder([...new Set([...current, ...change])], change, current, '')
  if (mergeKey === '') throw unclassified(`cannot merge lists without merge key for ${shortName(type) || 'map'}`)
  const { server, elements } = obeyListDirectives(current as JsonObject[], change as JsonObject[], mergeKey)
  return inOrder(mergeByKey(server, elements, type, mergeKey), elements, server, mergeKey)
}

/** Whether the elements are objects; all have to be of one type, and none may be a list. */
function checkElements(...lists: readonly (readonly unknown[])[]): boolean {
  const [first, ...rest] = lists.flat()
  if (Array.isArray(first)) throw patchRejected('lists of lists are not supported')
  if (rest.some((item) => goType(item) !== goType(first))) {
    throw unclassified(`list element types are not identical: ${goList(lists)}`)
  }
  return isObject(first)
}

/** Carries out `{$patch: delete, key}` and `{$patch: replace}` elements; the rest is to be merged. */
function obeyListDirectives(
  current: readonly JsonObject[],
  change: readonly JsonObject[],
  mergeKey: string,
): { server: JsonObject[]; elements: JsonObject[] } {
  let server = [...current]
  const elements = change.filter((item) => !containsDirective(item))
  const directives = change.filter(containsDirective)
  for (const item of directives) {
    const directive = item[DIRECTIVE]
    if (directive === 'merge') throw unclassified('merging lists cannot yet be specified in the patch')
    if (directive !== 'delete' && directive !== 'replace') {
      throw unclassified(`unknown patch type: ${directive} in map: ${goMap(item)}`)
    }
    if (directive === 'delete') {
      const key = keyOf(item, mergeKey)
      server = server.filter((element) => element[mergeKey] !== key)
    }
  }
  return directives.some((item) => item[DIRECTIVE] === 'replace')
    ? { server: elements, elements: [] }
    : { server, elements }
}

function mergeByKey(
  server: readonly JsonObject[],
  elements: readonly JsonObject[],
  type: FieldType | undefined,
  mergeKey: string,
): JsonObject[] {
  const merged = [...server]
  for (const element of elements) {
    const key = keyOf(element, mergeKey)
    const at = merged.findIndex((candidate) => candidate[mergeKey] === key)
    if (at < 0) merged.push(element)
    else merged[at] = mergeObject(merged[at] as JsonObject, element, type)
  }
  return merged
}

/** Elements that `order` names come in its order, the others stay where the server had them relative to those. */
function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const key = (item: unknown) => (mergeKey === '' ? item : keyOf(item, mergeKey))
  const { named, others } = partition(merged, order, key)
  return mergeSortedByServer(sortedBy(others, server, key), sortedBy(named, order, key), server, key)
}

function keyOf(item: unknown, mergeKey: string): unknown {
  if (mergeKey === '') return item
  if (!isObject(item)) throw badRequest(BAD_ELEMENT_ORDER)
  if (!Object.hasOwn(item, mergeKey)) {
    throw unclassified(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`)
  }
  return item[mergeKey]
}

function goType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : typeof value
}

/** Go's `%v`, as upstream's errors show values. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return goList(value)
  return isObject(value) ? goMap(value) : value === null ? '<nil>' : String(value)
}

const goList = (list: readonly unknown[]): string => `[${list.map(goValue).join(' ')}]`

const goMap = (map: JsonObject): string =>
  `map[${Object.keys(map)
    .sort()
    .map((key) => `${key}:${goValue(map[key])}`)
    .join(' ')}]`
