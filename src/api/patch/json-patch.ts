import { Reason, StatusError } from '../status-error.ts'
import { copyOf, isObject, type JsonObject, member, sameJson, setMember } from './json-value.ts'
import { notAPatch, patchRejected } from './patch-error.ts'

const MAX_OPERATIONS = 10_000
/** What `copy` operations of one patch may add, as JSON bytes (upstream's JSONPatchMaxCopyBytes). */
const MAX_COPIED_BYTES = 3 * 1024 * 1024

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/**
 * Applies RFC 6902 operations in order and returns the result; neither input changes. An operation that does not apply,
 * a failed `test` included, is 422; a body that is no list of operations 400; more than 10,000 operations 413.
 * Follows upstream's library beyond the RFC: negative indices count from the end, a path need not begin with a slash.
 */
export function applyJsonPatch(doc: unknown, operations: unknown): unknown {
  const list = operationsOf(operations)
  const patched = new Patched(copyOf(doc))
  for (const operation of list) patched.apply(operation)
  return patched.root
}

function operationsOf(operations: unknown): Operation[] {
  if (!Array.isArray(operations)) throw notAPatch(operations, 'jsonpatch.Patch')
  if (operations.length > MAX_OPERATIONS) {
    throw new StatusError({
      code: 413,
      reason: Reason.RequestEntityTooLarge,
      message: `Request entity is too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    })
  }
  const wrong = operations.find((operation) => !isObject(operation))
  if (wrong !== undefined) throw notAPatch(wrong, 'jsonpatch.Operation')
  return operations.map((operation) => {
    if (typeof operation.path !== 'string') throw patchRejected('operation without a path')
    return operation as Operation
  })
}

type Container = JsonObject | unknown[]

/** A document while operations change it in place. */
class Patched {
  root: unknown
  #copiedBytes = 0

  constructor(root: unknown) {
    this.root = root
  }

  apply({ op, path, from = '', value = null }: Operation): void {
    switch (op) {
      case 'add':
        return this.#add(path, copyOf(value))
      case 'remove':
        return this.#remove(path)
      case 'replace':
        return this.#replace(path, copyOf(value))
      case 'move':
        return this.#move(from, path)
      case 'copy':
        return this.#copy(from, path)
      case 'test':
        return this.#test(path, value)
      default:
        throw patchRejected(`Unexpected kind: ${op}`)
    }
  }

  #add(path: string, value: unknown): void {
    const { container, key } = this.#locate(path)
    if (Array.isArray(container)) container.splice(key === '-' ? container.length : insertAt(container, key), 0, value)
    else setMember(container, key, value)
  }

  #remove(path: string): void {
    const { container, key } = this.#locate(path)
    if (Array.isArray(container)) container.splice(elementAt(container, key), 1)
    else if (Object.hasOwn(container, key)) delete container[key]
    else throw missing(path)
  }

  #replace(path: string, value: unknown): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw patchRejected('a document is an object or a list')
      this.root = value
      return
    }
    const { container, key } = this.#locate(path)
    if (Array.isArray(container)) container[elementAt(container, key)] = value
    else if (Object.hasOwn(container, key)) setMember(container, key, value)
    else throw missing(path)
  }

  #move(from: string, path: string): void {
    const value = this.#existing(from)
    this.#remove(from)
    this.#add(path, value)
  }

  #copy(from: string, path: string): void {
    const value = this.#existing(from)
    this.#copiedBytes += Buffer.byteLength(JSON.stringify(value))
    if (this.#copiedBytes > MAX_COPIED_BYTES) throw patchRejected('the patch copies too much')
    this.#add(path, copyOf(value))
  }

  /** A missing member equals null. */
  #test(path: string, value: unknown): void {
    const found = path === '' ? this.root : (this.#read(path) ?? null)
    if (!sameJson(found, value)) throw patchRejected(`testing value ${path} failed`)
  }

  #existing(path: string): unknown {
    const value = this.#read(path)
    if (value === undefined) throw missing(path)
    return value
  }

  #read(path: string): unknown {
    const { container, key } = this.#locate(path)
    return Array.isArray(container) ? container[elementAt(container, key)] : member(container, key)
  }

  /** The object or list that holds the place named by the path. */
  #locate(path: string): { container: Container; key: string } {
    const [, ...parts] = path.split('/')
    const first = path.includes('/') ? parts : []
    if (first.length === 0) throw missing(path)
    const keys = first.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    let container = this.root
    for (const key of keys.slice(0, -1)) container = step(container, key, path)
    if (!isContainer(container)) throw missing(path)
    return { container, key: keys.at(-1) as string }
  }
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

function step(container: unknown, key: string, path: string): unknown {
  if (!isContainer(container)) throw missing(path)
  return Array.isArray(container) ? container[elementAt(container, key)] : member(container, key)
}

function indexIn(key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw patchRejected(`${key} is not an index`)
  return Number(key)
}

function elementAt(list: readonly unknown[], key: string): number {
  const index = indexIn(key)
  if (index >= list.length || index < -list.length) throw patchRejected(`no element ${key}`)
  return index < 0 ? index + list.length : index
}

/** Where `add` may insert: also right behind the last element. */
function insertAt(list: readonly unknown[], key: string): number {
  const index = indexIn(key)
  if (index > list.length || index < -list.length - 1) throw patchRejected(`no place ${key}`)
  return index < 0 ? index + list.length + 1 : index
}

const missing = (path: string): StatusError => patchRejected(`doc is missing ${path}`)
