import type { ApiObject } from '../../api/resource.ts'
import { OFFSET_BYTES } from './stored-layout.ts'

export { StoredObject } from './stored-object.ts'

/** The fields of ObjectMeta that are written before resourceVersion (k8s.io/apimachinery meta/v1 ObjectMeta). */
const BEFORE_REVISION: ReadonlySet<string> = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid'])

/** The value to store for an object whose fields are in the order in which they are to be written. */
export function encodeStored(object: ApiObject): Uint8Array<ArrayBuffer> {
  return encoded(object, (name) => BEFORE_REVISION.has(name))
}

/** The same for an object of no Go type (a custom resource), whose fields are written in the order of their names. */
export function encodeUntyped(object: ApiObject): Uint8Array<ArrayBuffer> {
  return encoded(object, (name) => name < 'resourceVersion')
}

type IsBefore = (metadataField: string) => boolean

function encoded(object: ApiObject, isBefore: IsBefore): Uint8Array<ArrayBuffer> {
  const [head, tail] = splitJson(object, isBefore)
  const headBytes = Buffer.byteLength(head)
  const value = Buffer.from(new ArrayBuffer(OFFSET_BYTES + headBytes + Buffer.byteLength(tail))) // not of Node's pool
  value.writeUInt32LE(headBytes, 0)
  value.write(head, OFFSET_BYTES)
  value.write(tail, OFFSET_BYTES + headBytes)
  return value
}

function splitJson(object: ApiObject, isBefore: IsBefore): [head: string, tail: string] {
  let head = '{'
  let tail = ''
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    if (name === 'metadata') {
      const [before, after] = splitMetadata(value as Record<string, unknown>, isBefore)
      head = `${member(head, '"metadata":{')}${before}`
      tail = `${after}}`
    } else if (tail === '') head = member(head, field(name, value))
    else tail = member(tail, field(name, value))
  }
  if (tail === '') throw new TypeError('an object without metadata cannot be stored')
  return [head, `${tail}}`]
}

function splitMetadata(metadata: Record<string, unknown>, isBefore: IsBefore): [before: string, after: string] {
  const before: string[] = []
  const after: string[] = []
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name === 'resourceVersion') continue
    if (isBefore(name)) before.push(field(name, value))
    else after.push(field(name, value))
  }
  const separator = before.length > 0 && after.length > 0 ? ',' : ''
  return [before.join(',') + separator, after.join(',')]
}

const field = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`

const member = (text: string, next: string): string => (text.endsWith('{') ? text + next : `${text},${next}`)
