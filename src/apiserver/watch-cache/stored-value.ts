import type { ApiObject } from '../../api/resource.ts'
import { AFTER_REVISION, BEFORE_REVISION } from './metadata-order.ts'
import { OFFSET_BYTES } from './stored-layout.ts'

export { StoredObject } from './stored-object.ts'

/** The value to store for an object whose fields are in the order in which they are to be written; metadata may be in any. */
export function encodeStored(object: ApiObject): Uint8Array<ArrayBuffer> {
  return encoded(object, TYPED)
}

/**
 * The same for an object of no Go type (a custom resource), whose fields are written in the order of their names: those of
 * the object and of its metadata are put into it here, all below are in it already.
 */
export function encodeUntyped(object: ApiObject): Uint8Array<ArrayBuffer> {
  return encoded(object, UNTYPED)
}

interface Order {
  members(object: object): readonly (readonly [name: string, value: unknown])[]
  /** The JSON of the members of metadata, without braces, that come before resourceVersion and after it. */
  splitMetadata(metadata: object): readonly [before: string, after: string]
}

const TYPED: Order = {
  members: Object.entries,
  splitMetadata: (metadata) => [membersOf(metadata, BEFORE_REVISION), membersOf(metadata, AFTER_REVISION)],
}

const UNTYPED: Order = {
  members: (object) => Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)),
  splitMetadata: (metadata) => {
    const names = Object.keys(metadata).sort()
    const before = names.filter((name) => name < 'resourceVersion')
    const after = names.filter((name) => name > 'resourceVersion')
    return [membersOf(metadata, before), membersOf(metadata, after)]
  },
}

function encoded(object: ApiObject, order: Order): Uint8Array<ArrayBuffer> {
  const [head, tail] = splitJson(object, order)
  const headBytes = Buffer.byteLength(head)
  const value = Buffer.allocUnsafeSlow(OFFSET_BYTES + headBytes + Buffer.byteLength(tail)) // not of Node's pool
  value.writeUInt32LE(headBytes, 0)
  value.write(head, OFFSET_BYTES)
  value.write(tail, OFFSET_BYTES + headBytes)
  return value
}

function splitJson(object: ApiObject, order: Order): [head: string, tail: string] {
  let head = '{'
  let tail = ''
  for (const [name, value] of order.members(object)) {
    if (value === undefined) continue
    if (name === 'metadata') {
      const [before, after] = order.splitMetadata(value as object)
      head = `${member(head, '"metadata":{')}${before}${before !== '' && after !== '' ? ',' : ''}`
      tail = `${after}}`
    } else if (tail === '') head = member(head, field(name, value))
    else tail = member(tail, field(name, value))
  }
  if (tail === '') throw new TypeError('an object without metadata cannot be stored')
  return [head, `${tail}}`]
}

function membersOf(object: object, names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    const value = (object as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) continue
    const json = name === 'managedFields' && Array.isArray(value) ? entriesJson(value) : JSON.stringify(value)
    text = `${text}${text === '' ? '' : ','}${JSON.stringify(name)}:${json}`
  }
  return text
}

/** The JSON of sets of managed fields that objects share, or that have been stored and are written again: most of many objects. */
const written = new WeakMap<object, string>()

const entriesJson = (entries: readonly object[]): string => `[${entries.map(entryJson).join(',')}]`

function entryJson(entry: object): string {
  let text = ''
  for (const [name, value] of Object.entries(entry)) {
    if (value === undefined) continue
    const json = name === 'fieldsV1' && Object.isFrozen(value) ? fieldsJson(value) : JSON.stringify(value)
    text = `${text}${text === '' ? '' : ','}"${name}":${json}`
  }
  return `{${text}}`
}

function fieldsJson(fields: object): string {
  let json = written.get(fields)
  if (json === undefined) {
    json = JSON.stringify(fields)
    written.set(fields, json)
  }
  return json
}

const field = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`

const member = (text: string, next: string): string => (text.endsWith('{') ? text + next : `${text},${next}`)
